"""Nothing in; a process that has read one page, and so holds what every other needs, out: a fork server imports this once."""

from crawler.extract.page import extract

extract("<html><body><article><h1>One</h1><p>" + "A page as good as any other. " * 20 + "</p></article>", "https://x.example/")
