"""What people look at: a Streamlit application over the API, which it asks through `inquiry_pipeline.client` alone.

To add a page:

1. Write `views/<name>.py` with one function `page()`. It begins with `frame.head("Title", "What one sees here")`.
2. Put it into `_PAGES` in `app.py`, with its title, its icon and its address.

What every page can use:

- `connection.api()`: the client. Let `ApiError` go up: a page that cannot ask shows one calm banner and asks again.
- `@connection.watched(seconds=5)` over a function makes it a part that renews itself, and stays calm likewise.
- `formatting`: numbers, shares, durations, ages and moments in the viewer's time zone.
- `badges`: urgency, sentiment, priority, department, status as HTML; every text in them is escaped.
- `palette`: the colours of labels in charts, for the theme that the viewer has.
- `blocks`: figures in a row, cards, empty states; `listing`: rows that can be clicked; `tables`: figures in columns.
- `charts`: over time, histograms, calibration; `window`: the time that is looked at, chosen by the viewer.
- `asking.recent(api().stats, hours=24)`: what was answered to any viewer some seconds ago, or is now.
- `notices.say(...)`: a short message that survives a rerun. `identity.who()`: who the viewer says they are.

Text that came from outside goes through `badges.escaped` into `st.html`, or through `formatting.plain` where Streamlit
reads Markdown (labels, toasts): both turn what would be markup into what it looks like.
"""
