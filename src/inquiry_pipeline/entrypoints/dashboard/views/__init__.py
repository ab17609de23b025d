"""One module a page, each with a function `page`. (Streamlit would list the files of a folder `pages` by itself.)"""
