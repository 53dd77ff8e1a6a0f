"""How things are told, on the desk and in reports alike: words in both languages, numbers and days, markup, drawings.

Nothing here knows a page, a session or a store: values in, texts and trees out.
"""
