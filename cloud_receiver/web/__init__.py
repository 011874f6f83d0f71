"""The pages, one module a page, Chinese and English."""
