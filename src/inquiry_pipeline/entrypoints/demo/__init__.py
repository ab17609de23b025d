"""The demo: the project's own written inquiries, sent as if an organisation were at work.

`messages` says what is sent and by whom, `script` when (a pure function of a seed), `staff` what consultants do
meanwhile, `stream` plays it against a running API, and `past` fills the days before. Every inquiry of it carries the
mark `DEMO` in its metadata, by which `inquiry demo --clear` finds them all.
"""
