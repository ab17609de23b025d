"""One module a page, each with a function `page`. Not named `pages`: Streamlit would list that folder by itself."""
