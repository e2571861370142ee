"""Pictures of pages, for looking at them: python -m tests.browser.shots OUTDIR BASE_URL PATH...

A path may carry a name (``ofd=/t/…/``). Options narrow the matrix of widths, themes and languages, and set a cookie
(``--session KEY``) to look as somebody.
"""

import argparse
import re
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import ARGUMENTS, PATH

WIDTHS = (360, 768, 1280)
THEMES = ("light", "dark")
LANGUAGES = ("en", "zh-hans", "de")


def main() -> None:
    options = parse()
    options.outdir.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PATH, args=ARGUMENTS)
        for width, theme, language in product(options.widths, options.themes, options.languages):
            shoot(browser, options, width, theme, language)
        browser.close()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outdir", type=Path)
    parser.add_argument("base_url")
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--widths", type=int, nargs="+", default=WIDTHS)
    parser.add_argument("--themes", nargs="+", choices=THEMES, default=THEMES)
    parser.add_argument("--languages", nargs="+", default=LANGUAGES)
    parser.add_argument("--session", default="", help="value of the session cookie")
    return parser.parse_args()


def shoot(browser: Browser, options: argparse.Namespace, width: int, theme: str, language: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    cookies = {"django_language": language, "sessionid": options.session}
    host = urlsplit(options.base_url).hostname
    context.add_cookies(
        [{"name": name, "value": value, "domain": host, "path": "/"} for name, value in cookies.items() if value]
    )
    page = context.new_page()
    for given in options.paths:
        name, _, path = given.rpartition("=") if not given.startswith("/") else ("", "", given)
        page.goto(options.base_url.rstrip("/") + path)
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        file = (
            options.outdir / f"{name or re.sub(r'[^a-z0-9]+', '-', path.lower())[:30]}-{width}-{theme}-{language}.png"
        )
        page.screenshot(path=file, full_page=True)
        print(file, f"SCROLLS SIDEWAYS BY {overflow}" if overflow > 0 else "")
    context.close()


if __name__ == "__main__":
    main()
