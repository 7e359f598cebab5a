"""`python -m crawler`: one crawl as a child process (job on standard input, report on standard output).

Deliberately empty of imports at the top: the parsing workers' fork server would import them all again.
"""

if __name__ == "__main__":
    from crawler.process import main

    main()
