"""Which lines of a mail its sender wrote: without quoted replies, signatures and legal disclaimers.

Works line by line on lines of bounded length, so that no input makes it slow. Reply headers are known in
English, German, Spanish, French, Italian, Portuguese, Dutch and Polish. What is uncertain stays: a signature
too many costs less than a sentence too few.
"""

import re
from typing import Final

_LONGEST_MARKER: Final = 300
_MOST_LINES: Final = 4_000
_SHORT_NOTE: Final = 200
_PASSED_ON: Final = re.compile(
    r"\b(?:forward(?:ing|ed)?|fwd|fyi|below|passing (?:this |it )?on|on behalf of|weitergeleitet|leite|siehe unten"
    r"|z\.? ?k\.?|reenv[ií]o|adjunto|ci-dessous|transf[èe]re|inoltro|di seguito|encaminho|abaixo|hieronder"
    r"|doorgestuurd)\b",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"\s{0,3}(?:[>|]\s?)*>(?!\s*\d)")
_REPLY_OPENS: Final = re.compile(r"\s*(?:On|Am|El|Le|Il|Em|Op|W dniu|Dnia|Den|På)\b", re.IGNORECASE)
_REPLY_CLOSES: Final = re.compile(
    r"\b(?:wrote|schrieb|escribió|a écrit|ha scritto|escreveu|schreef|het volgende geschreven|napisała?"
    r"(?:\(a\))?|skrev)\b[^:]{0,120}:\s*$",
    re.IGNORECASE,
)
_HAS_DATE: Final = re.compile(r"\d{4}|\d{1,2}[:.]\d{2}|@")
_ORIGINAL: Final = re.compile(
    r"\s*[-_*]{2,}\s*(?:Original Message|Urspr(?:ü|ue)ngliche Nachricht|Original-?Nachricht|Mensaje original"
    r"|Message d['\u2019]origine|Message original|Messaggio originale|Mensagem original|Oorspronkelijk bericht"
    r"|Wiadomość oryginalna)\s*[-_*]{2,}\s*$",
    re.IGNORECASE,
)
_FORWARDED: Final = re.compile(
    r"\s*(?:[-_*]{2,}\s*(?:Forwarded message|Weitergeleitete Nachricht|Mensaje reenviado|Message transféré"
    r"|Messaggio inoltrato|Mensagem encaminhada|Doorgestuurd bericht)\s*[-_*]{2,}|Begin forwarded message:)\s*$",
    re.IGNORECASE,
)
_FIELD_FROM: Final = re.compile(r"\s*[*_]?(?:From|Von|De|Da|Van|Od|Från|Fra)\s?:[*_]?\s*\S", re.IGNORECASE)
_FIELD: Final = re.compile(
    r"\s*[*_]?(?:Sent|Date|To|Cc|Subject|Gesendet|Datum|An|Betreff|Enviado(?: el)?|Fecha|Para|Asunto|Envoyé"
    r"(?: le)?|À|Objet|Inviato|Data|A|Oggetto|Assunto|Enviada(?: em)?|Verzonden|Aan|Onderwerp|Wysłano|Do|Temat)"
    r"\s?:[*_]?\s*\S",
    re.IGNORECASE,
)
_DEVICE: Final = re.compile(
    r"\s*(?:Sent from (?:my|Mail for|Outlook|Yahoo)|Get Outlook for|Von meinem .{1,30} gesendet|Gesendet (?:von|mit)"
    r" |Enviado desde mi|Envoyé de(?:puis)? mon|Inviato da(?:l mio)? |Enviado do meu|Verzonden vanaf mijn"
    r"|Verstuurd vanaf mijn|Wysłane z )",
    re.IGNORECASE,
)
_SIGN_OFF: Final = re.compile(
    r"\s*(?:(?:kind|best|warm|many)?\s*regards|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|cheers|best"
    r"(?: wishes)?|mit freundlichen gr(?:ü|ue)(?:ß|ss)en|(?:viele|beste|freundliche|liebe) gr(?:ü|ue)(?:ß|ss)e"
    r"|mfg|(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|(?:bien )?cordialement|salutations(?: distinguées)?"
    r"|cordiali saluti|distinti saluti|atenciosamente|(?:com os )?(?:melhores )?cumprimentos|met vriendelijke groet"
    r"(?:en)?|mvg|pozdrawiam|z poważaniem)\s*[,.!]?\s*$",
    re.IGNORECASE,
)
_DISCLAIMER: Final = re.compile(
    r"\s*[*_]{0,3}(?:this (?:e-?mail|message|communication)(?: and any| is| may|, including| \(including).{0,200}"
    r"(?:confidential|intended)|confidentiality notice|disclaimer\s*:|diese e-?mail (?:enthält|kann|ist).{0,80}"
    r"vertraulich|est[ea] (?:correo|mensaje|mensagem|e-?mail).{0,80}confidencia"
    r"|ce (?:message|courriel).{0,80}confidentiel"
    r"|(?:questo|il presente) messaggio.{0,120}riservat|dit (?:bericht|e-?mail(?:bericht)?).{0,80}vertrouwelijk)",
    re.IGNORECASE,
)


def without_quotes(text: str, *, forwarded: bool = False) -> str:
    """Drop what a reply quotes: lines with ">", and all that follows a reply header.

    Where the answer stands under the header, only the marked lines go. What is `forwarded`, or passed on with
    a few words that say so, is the inquiry itself: it stays, without marks and header lines.
    """
    lines = text.split("\n")[:_MOST_LINES]
    own: list[str] = []
    everything: list[str] = []
    cut = False
    index = 0
    while index < len(lines):
        skip, opens_forward = _header_at(lines, index)
        forwarded = forwarded or opens_forward
        cut = cut or (skip > 0 and any(line.strip() for line in own))
        if not skip:
            mark = _QUOTED.match(lines[index])
            everything.append(lines[index][mark.end() :] if mark else lines[index])
            if not mark and not cut:
                own.append(lines[index])
        index += skip or 1
    written = "\n".join(own)
    passed_on = forwarded or (len(written) < _SHORT_NOTE and _PASSED_ON.search(written) is not None)
    return "\n".join(everything) if passed_on else written


def without_signature(text: str) -> str:
    """Drop what follows "-- ", a closing phrase with a short address under it, device lines, disclaimers."""
    lines = [line for line in text.split("\n") if len(line) > _LONGEST_MARKER or not _DEVICE.match(line)]
    lines = _without_disclaimer(lines)
    for index in range(1, len(lines)):
        line = lines[index]
        if len(line) > _LONGEST_MARKER or not any(above.strip() for above in lines[max(0, index - 3) : index]):
            continue
        if line.rstrip() == "--" or (_SIGN_OFF.match(line) and _is_address(lines[index + 1 : index + 22])):
            return "\n".join(lines[:index])
    return "\n".join(lines)


def _header_at(lines: list[str], index: int) -> tuple[int, bool]:
    """How many lines a reply header takes up here (0: none), and whether it opens a forwarded message."""
    line = lines[index]
    if len(line) > _LONGEST_MARKER:
        return 0, False
    if ":" in line or line.lstrip()[:1] in {"-", "_", "*"}:
        if _FORWARDED.match(line):
            return 1 + _fields(lines, index + 1), True
        if _ORIGINAL.match(line):
            return 1 + _fields(lines, index + 1), False
        if _FIELD_FROM.match(line) and (found := _fields(lines, index)) >= 3:
            return found, False
    return (_folded_header(lines, index) if _REPLY_OPENS.match(line) else 0), False


def _folded_header(lines: list[str], index: int) -> int:
    """How many lines "On Monday … Someone <someone@example.com> wrote:" takes up; clients fold it.

    A sentence right above a header may begin like one ("On my invoice", "Il servizio"): where one begins in a later
    line, too, that is the header.
    """
    size = _closed_after(lines, index)
    inner = (index + line for line in range(1, size) if _REPLY_OPENS.match(lines[index + line]))
    return 0 if any(_closed_after(lines, start) for start in inner) else size


def _closed_after(lines: list[str], index: int) -> int:
    """How many lines, none of them empty, there are from here to the end of a reply header (0: it does not end)."""
    for size, last in enumerate(lines[index : index + 3], start=1):
        if not last.strip():
            return 0
        if last.endswith((":", ": ")):
            head = " ".join(lines[index : index + size])
            if len(head) <= _LONGEST_MARKER and _REPLY_CLOSES.search(head) and _HAS_DATE.search(head):
                return size
    return 0


def _fields(lines: list[str], start: int) -> int:
    """How many header lines (From, Sent, To, …) follow each other from here, blank ones before them included."""
    blank = 0
    while start + blank < len(lines) and blank < 2 and not lines[start + blank].strip():
        blank += 1
    count = 0
    for line in lines[start + blank : start + blank + 8]:
        if len(line) > _LONGEST_MARKER or not (_FIELD_FROM.match(line) or _FIELD.match(line)):
            break
        count += 1
    return blank + count if count else 0


def _without_disclaimer(lines: list[str]) -> list[str]:
    for index in range(1, len(lines)):
        if _DISCLAIMER.match(lines[index][:_LONGEST_MARKER]) and any(line.strip() for line in lines[:index]):
            return lines[:index]
    return lines


def _is_address(lines: list[str]) -> bool:
    """Whether these lines can be a name and an address: few, short, and asking nothing."""
    if len(lines) > 20:
        return False
    filled = [line for line in lines if line.strip()]
    return len(filled) <= 8 and all(len(line) <= 80 and "?" not in line for line in filled)
