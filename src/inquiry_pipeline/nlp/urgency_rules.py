"""The rules of urgency as data: which words, in which language, are evidence for how soon someone has to act.

Patterns are matched against lower-case text with straight apostrophes, between word boundaries. A rule of harm does
not fire in a question, after a negation, or in a sentence about what is over or only imagined.
"""

from collections.abc import Mapping
from typing import Final

OUTAGE: Final[Mapping[str, str]] = {
    "en": r"(?:all|every|both|none of|no) (?:of )?(?:our |the |your )?(?:\w+ ){0,2}(?:branch(?:es)?|stores?|shops?"
    "|sites?|users?|customers?|staff|employees|tills?|terminals?|registers?|lines|servers|clients|offices"
    r"|tenants|passengers|patients)(?: \w+){0,3} (?:down|offline|affected|dead|locked out|fail\w*|unreachable"
    r"|stopped|frozen)|(?:production|everything|the (?:whole|entire) (?:\w+ ){0,2}\w+|(?:payment|checkout"
    r"|booking|ticket\w*|emergency|alarm|dispatch|core) ?\w*) (?:is|are|has been|have been|went"
    "|has gone) (?:completely |all |totally |fully )?(?:down|offline|dead|dark|unreachable|out)|(?:terminals?"
    "|tills|gateways?|pumps|monitors|phones|lines|servers) (?:are|is|have been) (?:all )?(?:down|dead|offline)"
    r"|(?:down|offline|dead) (?:in|at|for|across) (?:all|every|each|the whole|the entire|\d{2,}) \w+"
    r"|(?:\w+ )?(?:total|complete|full|nationwide|major|site-wide) (?:outage|blackout|failure)|(?:nobody|no one"
    r"|none of us|not one customer|no customers?) (?:here |in the \w+ )?(?:can|is able to) (?:log ?in|sign in"
    r"|work|pay|order|check ?out|access)|(?:returns?|answers?|throws?|gives?) (?:an? )?(?:error )?5\d\d (?:for"
    r"|to|on) (?:all|every)\b",
    "de": r"(?:alle|sämtliche|keine[rs]? (?:der|unserer|mehr)?) ?(?:unsere[rn]? )?(?:\d+ )?(?:filialen|kassen|kunden"
    r"|nutzer|terminals|server|standorte|märkte|mitarbeiter|leitungen)(?: \w+){0,5} (?:down|offline|tot|aus"
    r"|ausgefallen|lahm|betroffen|still|stehen|nicht)|(?:komplett|total|flächendeckend)\w*[- ]?ausfall\w*"
    r"|(?:produktion|system|shop|netz|server|leitstelle|zahlung\w*|alles) (?:ist|sind|liegt|steht"
    "|stehen) (?:komplett |gerade |bei uns )?(?:down|lahm|still|tot|ausgefallen|offline)|nichts geht mehr"
    r"|in allen (?:\d+ )?(?:filialen|märkten|häusern|standorten|shops)|(?:niemand|keiner) (?:von uns "
    "|hier )?kann (?:sich )?(?:mehr )?(?:arbeiten|einloggen|anmelden|zahlen|bezahlen)",
    "es": r"(?:todas?|todos) (?:las|los|nuestr[ao]s) (?:\d+ )?(?:tiendas|sucursales|cajas|usuarios|clientes|terminales"
    r"|servidores|oficinas)(?: \w+){0,4} (?:caíd\w+|sin|fuera|parad\w+|no)|(?:caída|fallo|corte|apagón) (?:total"
    "|general|masiv[ao])|(?:el sistema|la web|la plataforma|producción|el servicio|todo) (?:está|ha|se ha"
    "|se) (?:completamente )?(?:caíd[oa]|cayó|parad[oa])|nadie (?:puede|consigue|logra) (?:entrar|trabajar"
    "|pagar|acceder|cobrar)|ningun[ao]? (?:tienda|caja|cliente|usuario|terminal) (?:puede|funciona)",
    "fr": r"plus aucune? (?:caisse|client|utilisateur|terminal|magasin|serveur|commande|ligne)\w*|tou(?:te)?s (?:nos"
    r"|les|vos) (?:\d+ )?(?:magasins|caisses|clients|utilisateurs|terminaux|serveurs|agences"
    r"|lignes)(?: \w+){0,4} (?:en panne|hors service|bloqué\w*|à l'arrêt|ne)|(?:panne|coupure) (?:générale"
    "|totale|complète|nationale)|(?:tout|le système|le site|la plateforme|la production) (?:est"
    "|sont) (?:complètement |totalement )?(?:en panne|à l'arrêt|hors service|par terre|tombée?)"
    "|personne ne peut (?:plus )?(?:se connecter|travailler|payer|accéder)",
    "pt": r"tod[ao]s (?:as|os) (?:nossas |nossos )?(?:\d+ )?(?:lojas|caixas|usuários|utilizadores|clientes|terminais"
    r"|servidores|agências|filiais|balcões)(?: \w+){0,4} (?:parad\w+|sem|fora|em baixo|não)|(?:queda|falha"
    "|avaria|apagão) (?:total|geral)|(?:o sistema|o site|a plataforma|o portal|a produção|tudo) (?:est[áa]|caiu"
    "|ficou) ?(?:completamente |tudo )?(?:fora do ar|em baixo|parad[oa]|fora|$)|fora do ar|ninguém (?:consegue"
    "|pode) (?:entrar|trabalhar|pagar|aceder|acessar)|comboios parados",
    "it": r"tutt[ei] (?:le|i|gli) (?:nostr[ei] )?(?:\d+ )?(?:casse|negozi|clienti|utenti|terminali|server|filiali|sedi"
    r"|linee|postazioni)(?: \w+){0,4} (?:ferm\w+|bloccat\w+|giù|offline|non|fuori)|(?:blocco|guasto"
    "|fermo) (?:totale|generale|completo)|(?:il sistema|il sito|la piattaforma|la produzione|tutto) (?:è"
    "|sono) (?:completamente )?(?:giù|ferm[oa]|bloccat[oa]|irraggiungibile|fuori servizio|down)"
    "|nessuno (?:riesce|può) (?:più )?(?:a |ad )?(?:entrare|lavorare|pagare|accedere)"
    "|irraggiungibile da tutt[ei]",
    "nl": r"all[e] (?:onze )?(?:\d+ )?(?:winkels|kassa's|klanten|gebruikers|filialen|terminals|servers|vestigingen"
    r"|lijnen)(?: \w+){0,4} (?:plat|offline|down|uit|dood|niet)|(?:totale|volledige|landelijke) (?:storing"
    "|uitval)|(?:het systeem|de site|het platform|de productie|alles|de webshop) (?:ligt|is|staat) (?:volledig "
    "|helemaal |er )?(?:plat|eruit|down|offline|stil|uit)|niemand kan (?:meer |nog )?(?:inloggen|werken|betalen"
    r"|bestellen)|in alle (?:\d+ )?(?:winkels|filialen|vestigingen)",
}
DANGER: Final[Mapping[str, str]] = {
    "en": r"(?:threaten(?:ed|ing|s)|going) to (?:kill|stab|shoot|hurt|beat|harm)(?: \w+)?|(?:someone|somebody|people"
    r"|a \w+|he|she) (?:will|could|may|might|is going to) (?:die|get killed)|unconscious|collapsed|not breathing"
    r"|bleeding|(?:gas|carbon monoxide|chlorine|ammonia|acid|fuel) (?:is )?(?:leak\w*|smell|escap\w+|alarm)"
    "|smell(?:s|ing)? (?:of )?gas|(?:on|caught|catches|is catching) fire|burst into flames"
    r"|smoke (?:is )?(?:coming|pouring|rising)|electrocut\w+|electric shock|sparks? (?:are )?(?:fly|com)ing"
    "|life[- ](?:threatening|or[- ]death)|danger to life|lives (?:are )?at (?:risk|stake)"
    "|fear(?:ing)? for (?:my|our|her|his|their) (?:life|lives|safety)|has a (?:knife|gun|weapon)"
    r"|with a (?:knife|gun|crowbar|machete)|wants to (?:kill|hurt) (?:himself|herself|themsel\w+|me|us)"
    r"|suicid\w+|overdos\w+|anaphyla\w+|ambulance (?:is|has|took|crew)|call(?:ed|ing)? (?:an |the )?ambulance"
    "|paramedics|police (?:are|have been|is) (?:on|called)"
    r"|brakes? (?:fail|went|go|gave)\w*|wrong (?:dose|dosage|blood type|medication)|ventilated patients?"
    "|insulin pump",
    "de": r"bedroht mich|droht (?:mir|uns|ihr|ihm)|gedroht,? (?:\w+ ){0,6}(?:abzustechen|umzubringen|zu schlagen)"
    r"|todesangst|lebensgefahr\w*|lebensbedrohlich|bewusstlos|blutet|gasgeruch|gasleck|chlorgas|riecht nach gas"
    "|es brennt|brennt es|in flammen|rauch (?:kommt|steigt|dringt)|rettungswagen|notarzt"
    "|mit (?:einem )?messer|stromschlag"
    r"|menschenleben|leib und leben|will sich (?:etwas antun|umbringen)|suizid\w*|verletzte",
    "es": r"amenaz\w+ (?:con )?(?:de muerte|con (?:un )?(?:cuchillo|arma)|matar\w*)|me va a matar|inconsciente"
    r"|no respira|sangra\w*|fuga de (?:gas|cloro|amoniaco)|huele a gas|se está quemando|en llamas|incendio"
    r"|peligro de muerte|riesgo de muerte|riesgo vital|vidas? (?:está\w* )?en (?:riesgo|peligro)|ambulancia"
    r"|cuchillo|electrocut\w+|suicid\w+|temo por mi vida|heridos?",
    "fr": r"menac\w+ (?:de (?:me|le|la|nous|mort)|avec (?:un )?couteau)|inconsciente?|ne respire (?:plus|pas)"
    "|convulsions|saigne|fuite de (?:gaz|chlore|ammoniac)|odeur de gaz|(?:a pris|prend) feu|incendie|en flammes"
    r"|danger de mort|vies? en (?:danger|jeu)|le samu|pompiers|un couteau|électrocut\w+|suicid\w+"
    "|peur pour ma vie|blessés?|danger (?:grave et )?imminent",
    "pt": r"ameaç\w+ (?:de morte|matar|me matar|com (?:uma )?(?:faca|arma))|vai[- ]me matar|inconsciente|desmaiad[ao]"
    "|não respira|a sangrar|sangrando|fuga de gás|vazamento de (?:gás|cloro|amônia)|cheir[oa] (?:a|de) gás"
    "|em chamas|pegando fogo|a arder|incêndio|perigo de vida|risco de (?:vida|morte)|vidas em (?:risco|perigo)"
    r"|ambulância|bombeiros|uma faca|eletrocut\w+|suicíd\w+|feridos?",
    "it": r"minacci\w+ (?:di (?:morte|uccider\w+)|con (?:un )?(?:coltello|una spranga))|con una (?:spranga|pistola)"
    "|priv[oa] di sensi|incosciente|svenut[oa]|non respira|sanguina|fuga di (?:gas|cloro|ammoniaca)"
    "|odore di gas|in fiamme|ha preso fuoco|incendio|pericolo di (?:vita|morte)|vite (?:umane )?in pericolo"
    r"|rischio di vita|ambulanza|vigili del fuoco|un coltello|folgorat\w+|suicid\w+|feriti|temo per la mia vita",
    "nl": r"bedreigt (?:me|mij|ons|haar|hem)|dreigt (?:me|mij|ons)? ?(?:te|met)|met een mes|levensgevaar\w*"
    "|levensbedreigend|bewusteloos|ademt niet|bloedt|gaslek|gaslucht|ruikt naar gas|in brand"
    "|staat in lichterlaaie|rook (?:komt|uit)|mensenlevens|ambulance|brandweer|geëlektrocuteerd|zelfmoord"
    "|zelfdoding|gewonden|vrees voor mijn leven",
}
CRIME: Final[Mapping[str, str]] = {
    "en": "(?:someone|somebody|a (?:stranger|thief|hacker)|they|he|she|an (?:attacker|intruder)) (?:is|are|'s"
    r"|'re) (?:\w+ )?(?:emptying|draining|using|stealing|moving|withdrawing|spending|buying|transferring"
    "|downloading|exporting|deleting|selling)|(?:account|card|balance|wallet)s? (?:is|are) being (?:emptied"
    "|drained|used|charged)|(?:transfers?|payments?|withdrawals?|charges|money) (?:are |is |keep "
    "|keeps )?(?:still )?(?:going|leaving|being made|coming) (?:out|through)|ransomware|ransom note"
    r"|files? (?:are |is )?(?:being |all )?encrypt\w+|(?:we|i)(?:'ve| have) been hacked|(?:we are"
    r"|we're) being hacked|(?:our|my|the) (?:\w+ ){0,2}(?:was|has been|have been|is being|got) (?:hacked"
    "|compromised|breached|taken over)|data (?:breach|leak)|personal data breach|(?:is|are) (?:now )?(?:public"
    "|open|visible|exposed|readable) (?:on|to) (?:the (?:web|internet|world|whole|public)|google|anyone"
    r"|everyone|everybody)|leaked (?:online|on|to)|sim[- ]swap\w*|account takeover|(?:changed"
    "|different) bank details|fake (?:invoice|e-?mail|ceo)|(?:clicked on?|hit by"
    r"|victim of) (?:\w+ ){0,2}phish\w+|unauthori[sz]ed (?:transfers?|transactions?"
    "|payments?|withdrawals?|log-?ins?)|fraud (?:in progress|under way)|i did not (?:make|authori[sz]e|request"
    "|start)",
    "de": "(?:konto|karte) (?:wird )?(?:gerade |eben )?(?:leer ?geräumt|geleert|abgeräumt|leer)|räumt (?:gerade "
    r"|grade |eben )?(?:\w+ )?(?:mein|unser) konto|buch(?:t|en) (?:gerade|jemand|laufend)|ransomware|erpress\w+"
    r"|verschlüsselt|gehackt|datenleck|datenpanne|datenschutzverletzung|unbefugt\w*|betrüger|betrug|phishing"
    r"|steht (?:\w+ ){0,4}(?:öffentlich|offen) (?:im|ins) (?:netz|internet)|öffentlich (?:im netz|einsehbar"
    "|zugänglich)|für (?:alle|jeden) (?:sichtbar|einsehbar|abrufbar)|nicht von (?:mir|uns) (?:veranlasst"
    "|beauftragt|freigegeben)",
    "es": "(?:me |nos )?(?:están|está) (?:vaciando|sacando|robando|usando|cifrando|transfiriendo|descargando"
    r"|borrando)|vacía(?:n)? (?:la|mi) cuenta|ransomware|secuestr\w+ (?:los|nuestros) (?:datos|servidores)"
    r"|hacke\w+|estafa\w*|fraude|phishing|brecha de (?:datos|seguridad)|filtra(?:ción|do|dos)|suplanta\w+"
    "|clonad[ao]|no autorizad[ao]s?|visible(?:s)? para (?:cualquiera|todos)",
    "fr": "compte (?:se vide|est en train)|(?:on|quelqu'un|ils) (?:est en train de |sont en train de )?(?:vide|vident"
    "|vole|pirate|utilise) |en train de (?:vider|voler|pirater|chiffrer|télécharger|supprimer)|rançongiciel"
    r"|ransomware|rançon|piraté\w*|piratage|fraud\w+|escroqu\w+|hameçonnage|phishing|fuite de données"
    r"|violation de données|usurp\w+|non autorisé\w*|accessible(?:s)? à (?:tous|n'importe qui|tout le monde)"
    "|retraits? (?:à|que je)",
    "pt": "(?:est[ãáa]o?|tão|tá) (?:a )?(?:esvaziar|esvaziando|gastar|gastando|usar|usando|roubar|roubando|tirando"
    "|a tirar|sacando|transferir|transferindo|apagar|apagando|encriptar|criptografando)|ransomware|resgate"
    r"|hacke\w+|invadi\w+|pirate\w+|golpe|fraude|burla|phishing|vazamento de dados|fuga de dados"
    r"|violação de dados|clonad[ao]|cartão roubado|não (?:fui eu|autoriz\w+|reconheço)|compras que não fiz"
    "|visíve(?:l|is) para (?:todos|qualquer)",
    "it": "(?:mi |ci )?stanno (?:svuotando|rubando|usando|prelevando|trasferendo|cifrando|scaricando|cancellando)"
    r"|ransomware|riscatto|hacker\w*|violat[oa]|truffa\w*|frode|phishing|violazione (?:dei )?dati|fuga di dati"
    "|data breach|clonat[ao]|non autorizzat[aoie]|bonifici? (?:a raffica|mai|che non)|visibil[ei] a (?:tutti"
    r"|chiunque)|scaricano i \w+ di chiunque",
    "nl": r"(?:mijn|onze) (?:\w+ )?(?:rekening|kaart) (?:wordt|worden) (?:nu )?(?:leeg\w*|gebruikt)"
    "|worden (?:op dit moment |nu )?(?:bedragen|overschrijvingen)|ransomware|gijzelsoftware|losgeld|versleuteld"
    r"|gehackt|oplichters?|oplichting|fraude\w*|phishing|datalek|onbevoegd\w*|gekloond|niet door (?:mij"
    r"|ons) (?:gedaan|opgedragen)|verdachte overboeking\w*|zichtbaar voor (?:iedereen|alle)|wij doen dit niet",
}
UNDER_WAY: Final[Mapping[str, str]] = {
    "en": r"right now|this (?:very )?minute|as (?:i|we) (?:type|write|speak)|(?:\d+|a few|some|ten|five"
    "|two) minutes ago|every minute|and (?:it's |still )?rising|still (?:spreading|rising|going up|leaking)"
    r"|in progress|without delay|since (?:about |around |roughly )?(?:\d{1,2}[:.]\d\d|\d{1,2} ?[ap]\.?m|noon"
    r"|midnight|\d+ (?:minutes|min))|within the hour|(?:an hour|half an hour|(?:twenty|fifteen|thirty"
    r"|forty) minutes|moments) ago|(?:i'm|i am|we're|we are) (?:\w+ )?(?:terrified|frightened|scared|panicking)",
    "de": r"gerade eben|in diesem (?:moment|augenblick)|genau jetzt|jetzt gerade|vor (?:\w+ )?minuten|jede minute"
    r"|im minutentakt|seit (?:\w+ )?\d{1,2}(?:[:.]\d\d)? ?uhr|seit \d{1,2}[:.]\d\d"
    r"|seit (?:einer (?:halben )?stunde|\w+ minuten)|(?:hab|habe|haben) (?:\w+ )?angst|sofort sperren"
    "|wird gerade|läuft gerade",
    "es": r"ahora mismo|en este (?:preciso |mismo )?(?:momento|instante)|hace (?:\w+ )?minutos|cada minuto"
    r"|desde (?:aproximadamente )?las? \d{1,2}(?:[:.]\d\d)?|tengo (?:mucho |muchísimo )?miedo|hace media hora"
    "|hace una hora",
    "fr": r"en ce moment(?: même)?|à l'instant|(?:est|sont) en train d\w*|il y a (?:\w+ )?minutes|chaque minute"
    r"|depuis (?:environ )?\d{1,2} ?(?:h|heures)\b|depuis (?:\d+|une|dix|vingt|trente) minutes|j'ai peur"
    "|(?:il y a|depuis) une (?:demi-)?heure",
    "pt": r"neste (?:preciso |exato )?momento|agora mesmo|neste instante|há (?:\w+ )?minutos|a cada minuto"
    r"|desde (?:as |às |cerca das )?\d{1,2} ?h\b|desde as \d{1,2}[:.]\d\d|(?:estou|tenho) com medo|tenho medo"
    "|há (?:meia|uma) hora",
    "it": r"in questo (?:preciso |esatto )?(?:momento|istante)|proprio (?:ora|adesso)|\w+ minuti fa|ogni minuto"
    r"|dalle (?:ore )?\d{1,2}[:.]\d\d|ho paura|(?:da|mezz'ora|un'ora) fa|da mezz'ora",
    "nl": r"op dit (?:eigenste )?moment|nu bezig|zonet|(?:\w+ )?minuten geleden|elke minuut|momenteel"
    r"|sinds (?:ongeveer )?\d{1,2}(?:[:.u]\d\d| uur)|ik ben bang|(?:een half uur|een uur) geleden",
}
STOPPED: Final[Mapping[str, str]] = {
    "en": r"(?:can't|cannot|can not|unable to|impossible to) (?:\w+ )?(?:work|do my job|do our jobs?|take (?:orders"
    r"|payments|cards)|invoice|ship|sell|serve|treat)|(?:we're|i'm|are|is|am) (?:\w+ )?(?:at a standstill"
    "|locked out|unable to work)|standing (?:still|idle)|(?:losing|lose) (?:money|orders|customers|sales)"
    "|overdrawn|waiting room (?:is )?full|production (?:is |has )?(?:stopped|stands)",
    "de": r"kann (?:\w+ )?(?:nicht|nichts|kaum) (?:mehr )?(?:arbeiten|abrechnen|kassieren|ausliefern|bezahlen)"
    r"|können (?:\w+ ){0,2}(?:nicht|keine \w+) (?:mehr )?(?:arbeiten|aufnehmen|kassieren|abrechnen|ausliefern"
    r"|verkaufen)|steh(?:t|en) still|stillstand|im minus|wartezimmer (?:ist )?voll|verlieren (?:\w+ )?(?:geld"
    "|kunden|umsatz)|ausgesperrt",
    "es": r"no (?:puedo|podemos) (?:\w+ )?(?:trabajar|cobrar|facturar|vender|fichar|pagar)|(?:estoy|estamos|está"
    r"|están|quedan?) (?:\w+ ){0,3}parad[oa]s?|perdiendo (?:dinero|ventas|clientes|mesas|pedidos)|sin (?:sueldo"
    "|cobrar|dinero)|en números rojos|sala (?:está )?llena",
    "fr": "impossible de (?:travailler|facturer|encaisser|vendre|payer)|(?:peux|peut|pouvons) (?:plus|pas"
    "|rien) (?:travailler|encaisser|facturer|payer|faire|vendre)|à l'arrêt|à découvert|perd(?:s|ons) (?:des"
    "|de l') ?(?:clients|argent|ventes)|sans (?:salaire|paie)|salle d'attente (?:est )?pleine",
    "pt": r"não (?:consigo|conseguimos|posso|podemos) (?:\w+ )?(?:trabalhar|faturar|vender|cobrar|fazer nada|pagar)"
    "|(?:loja|linha|produção|empresa|tudo) (?:está |ficou )?parad[ao]|estamos parados|conta (?:ficou "
    "|está )?negativa|sem (?:salário|receber|dinheiro)|perde(?:r|ndo) (?:clientes|vendas|dinheiro)",
    "it": r"non (?:posso|possiamo|riesco a|riusciamo a) (?:\w+ )?(?:lavorare|fatturare|incassare|vendere|pagare"
    r"|fare nulla|fare niente)|(?:siamo|tutto|produzione|resta) (?:\w+ )?ferm[oaie]|perd(?:iamo|endo) (?:soldi"
    "|clienti|vendite|ordini)|senza stipendio|sala d'attesa (?:è )?piena",
    "nl": "kan (?:ik )?(?:niet|niets) (?:meer )?(?:werken|rijden|factureren|afrekenen)|kunnen (?:we |wij )?(?:niet"
    "|niets) (?:meer )?(?:werken|verkopen|afrekenen)|ligt (?:alles )?stil|sta(?:at|an) stil"
    r"|sta (?:\w+ )?(?:diep )?rood|omzet mis|zonder loon|wachtkamer (?:zit |is )?vol",
}
NO_HURRY: Final[Mapping[str, str]] = {
    "en": r"(?:no|any|without|in no) (?:\w+ )?(?:rush|hurry|haste)|not (?:at all )?(?:urgent|in a hurry"
    "|time[- ]critical|pressing)|(?:isn't|is not|nothing) urgent|no urgency|whenever (?:you|it|someone|suits"
    "|convenient|there)|take your time|when(?:ever)? you (?:have|get|find) (?:a |some )?(?:time|moment|minute"
    "|chance)|can wait|in your own time|low priority|just (?:a )?(?:thought|an idea|curious|wondering"
    "|wanted to say)|for what it'?s worth|some ?day|needn't (?:hurry|rush|reply|answer)|no (?:real )?deadline"
    "|at (?:your|some) (?:leisure|convenience|point)|no (?:reply|answer|response|action) (?:is )?(?:needed"
    "|required|necessary|expected)|no need to (?:reply|answer|respond)",
    "de": "(?:nicht|gar nicht|überhaupt nicht) (?:eilig|dringend)|keine eile|eilt nicht|hat (?:keine eile|zeit)"
    r"|ohne (?:eile|zeitdruck)|bei gelegenheit|wenn (?:sie|ihr|du|mal) (?:\w+ )?zeit (?:hab\w+|ist)|irgendwann"
    r"|eilt (?:\w+ )?nicht|kein stress|in aller ruhe|keine antwort (?:nötig|erforderlich)"
    "|nur (?:so )?(?:eine idee|ein gedanke|aus neugier)",
    "es": r"sin prisas?|no (?:es|corre|hay) (?:\w+ )?(?:urgente|prisa|urgencia|apuro)|sin apuro|cuando (?:puedan?"
    r"|tengan?|tengáis|podáis) (?:un )?(?:tiempo|rato|momento|hueco)?|no hace falta (?:que )?(?:respond\w+"
    r"|contest\w+)|algún día|solo (?:una idea|por curiosidad|quería decir)",
    "fr": "(?:pas|rien d'|rien) ?(?:urgent|pressé|pressant)|aucune urgence|sans urgence|pas d'urgence|rien ne presse"
    "|ça peut attendre|cela peut attendre|quand vous (?:aurez|avez) (?:le|un) (?:temps|moment)"
    r"|prenez votre temps|(?<!en )un jour(?! (?:de|en)\b| d')|pas besoin de (?:répondre|réponse)"
    "|(?:simple|par) curiosité|à l'occasion",
    "pt": r"sem (?:pressa|urgência)|não (?:é|há|tem|tenho) (?:\w+ )?(?:urgente|urgência|pressa)|quando (?:puder\w*"
    r"|tiver\w*) ?(?:tempo|um tempinho)?|não (?:é preciso|precisa\w*) responder"
    r"|(?<!em )(?<!de )(?<!por )um dia(?! (?:de|a mais|útil|inteiro)\b)|só (?:uma ideia"
    "|por curiosidade|queria dizer)|com calma",
    "it": r"senza (?:fretta|urgenza)|(?:non è|niente di|nulla di|nessuna) (?:\w+ )?(?:urgente|urgenza)|non (?:c'è"
    "|ho) (?:fretta|urgenza)|nessuna fretta|con calma|quando (?:potete|avete (?:tempo|un attimo)|vi è comodo)"
    r"|può aspettare|(?<!in )(?<!di )(?<!per )un giorno(?! (?:di|in)\b)|non serve (?:rispondere|risposta)"
    "|(?:solo|per) (?:un'idea|curiosità)",
    "nl": "geen (?:haast|spoed)|niet (?:dringend|urgent|haastig)|heeft geen haast|wanneer (?:het|u|jullie) (?:uitkomt"
    "|tijd heeft|tijd hebben)|als (?:je|u|jullie) (?:eens )?tijd (?:hebt|heeft|hebben)|kan wachten"
    "|geen (?:antwoord|reactie) nodig|(?:zomaar|gewoon) een idee(?:tje)?|uit nieuwsgierigheid|op uw gemak",
}
LEGAL_WORDS: Final[Mapping[str, str]] = {
    "en": r"court|hearing|tribunal|judge|injunction|subpoena|statut\w+|limitation|appeal|regulator\w*|authority"
    r"|breach notification|72[- ]hours?|summons|claim form|defence|arbitrat\w+|prosecutor|notice period"
    "|cease and desist",
    "de": r"gericht\w*|verhandlung|anhörung|einstweilige\w*|verfügung|klage\w*|berufung\w*|aufsicht\w*|art\. ?33"
    r"|meldefrist|rechtsmittel\w*|einspruch\w*|unterlassung\w*|staatsanwalt\w*|verjähr\w+|widerspruch\w*",
    "es": r"juzgado|tribunal|audiencia|juicio|demanda\w*|recurso|apelación|requerimiento|citación|cautelar\w*|fiscalía"
    r"|prescri\w+|plazo legal|tutela|notificación de brecha",
    "fr": "tribunal|audience|référé|juge|appel|assignation|huissier|mise en demeure|cnil|requête|recours|prescription"
    "|astreinte|parquet|délai légal|constitution",
    "pt": r"tribunal|audiência|juiz\w*|juíza|citação|contestação|contestar|recurso|prazo (?:legal|judicial)|liminar"
    r"|mandado|notificação|providência cautelar|prescri\w+|procon|anpd|cnpd",
    "it": r"tribunale|udienza|giudice|ricorso|appello|decreto|ingiunzione|notifica\w*|diffida|opposizione|garante"
    r"|prescri\w+|procura|termine di legge|sequestro",
    "nl": r"rechtbank|rechter\w*|zitting|kort geding|beroep\w*|bezwaar\w*|dagvaarding|sommatie|deurwaarder"
    r"|toezichthouder|termijn|bevel|autoriteit|verjar\w+|dwangsom",
}
NEGATIONS: Final[Mapping[str, str]] = {
    "en": "no|not|n't|never|without|nobody|none|nothing|neither|nor|isn't|wasn't|aren't|weren't|don't|doesn't|didn't"
    "|won't|can't|cannot|free of|rather than",
    "de": r"kein\w*|nicht|nie|niemals|ohne|niemand|weder|nichts",
    "es": r"no|sin|nunca|ningún|ninguna|nadie|tampoco|ni",
    "fr": r"pas|sans|aucune?|jamais|ni|personne n|rien",
    "pt": r"não|sem|nunca|nenhuma?|ninguém|nem",
    "it": r"non|senza|mai|nessun[oa]?|né|nemmeno",
    "nl": r"geen|niet|nooit|zonder|niemand|noch|niets",
}
SETTLED: Final[Mapping[str, str]] = {
    "en": r"last (?:night|week|month|year|summer|winter|spring|autumn|fall|time|\w+day|january|february|march|april"
    r"|may|june|july|august|september|october|november|december)|yesterday|ago|in (?:19|20)\d\d|back in|used to"
    "|previous(?:ly)?|earlier this (?:year|month|week)|resolved|was fixed|(?:is|been|got) fixed|is over|back up"
    "|recovered|restored|post-?mortem|drill|exercise|training|test(?:ing)? (?:message|alarm|run)|policy"
    "|in case of|in the event of|if (?:there|a|an|the|someone|we|i|our|my)|would|could have|might have"
    r"|what happens|how (?:do|does|would|to)|feature|suggest\w*|article|insurance|course|thank(?:s| you)|saved",
    "de": r"letzte[nrs]?|gestern|vorgestern|vor (?:einem|einer|zwei|drei|\d+) (?:tagen?|wochen?|monat\w*|jahr\w*)"
    r"|behoben|gelöst|wieder (?:da|online|oben)|war|übung|schulung|falls|wenn|würde\w*|könnte\w*|was passiert"
    "|richtlinie|danke|dank|früher|damals|vorschlag|versicherung",
    "es": r"pasad[ao]|ayer|hace (?:una?|dos|tres|\d+) (?:días?|semanas?|mes\w*|años?)|resuelt[ao]|solucionad[ao]"
    "|simulacro|capacitación|formación|en caso de|si (?:hay|hubiera|alguien|un)|podría|qué pasa|política"
    "|gracias|sugerencia|seguro de|antes había",
    "fr": r"derni(?:er|ère)|hier|il y a (?:une?|deux|trois|\d+) (?:jours?|semaines?|mois|ans?)|résolu\w*|réparé\w*"
    r"|rétabli\w*|exercice|formation|en cas de|si (?:un|une|le|la|on|quelqu)|pourrait|que se passe|politique"
    "|merci|suggestion|assurance|autrefois",
    "pt": r"passad[ao]|ontem|há (?:uma?|du?as|dois|três|\d+) (?:dias?|semanas?|m[eê]s\w*|anos?)|resolvid[ao]|simulacro"
    "|simulado|formação|treinamento|em caso de|se (?:houver|alguém|um)|poderia|o que acontece|política"
    "|obrigad[ao]|sugestão|seguro de",
    "it": r"scors[oa]|ieri|(?:giorni|settiman[ae]|mes[ei]|ann[oi]) fa|risolt[oa]|ripristinat\w+|esercitazione"
    "|formazione|in caso di|se (?:c'è|ci fosse|qualcuno|un)|potrebbe|cosa succede|politica|grazie|suggerimento"
    "|assicurazione|una volta",
    "nl": "vorige|afgelopen|gisteren|(?:dagen|weken|maanden|week|maand|jaar) geleden|opgelost|hersteld|oefening"
    r"|training|in geval van|als er|stel dat|zou\w*|wat gebeurt|beleid|bedankt|dank|suggestie|verzekering"
    "|vroeger",
}
