"""Turns HTML into a PDF: a program of its own, so that its fonts and its memory are not every web server's.

Reads HTML from standard input and writes the PDF to standard output. It fetches nothing: pictures stand in the HTML.
"""

import sys

import weasyprint
from weasyprint.urls import URLFetcher


def main() -> None:
    html = sys.stdin.buffer.read().decode()
    fetcher = URLFetcher(allowed_protocols=("data",), timeout=1)
    document = weasyprint.HTML(string=html, base_url="about:blank", url_fetcher=fetcher)
    document.write_pdf(sys.stdout.buffer, uncompressed_pdf=False)


if __name__ == "__main__":
    main()
