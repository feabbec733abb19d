#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""page.py RENDERER FOLDER: is the page at / whole and readable in a browser, wide and narrow, light
and dark? Leaves its pictures in FOLDER."""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
BROWSER = "chromium"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-dev-shm-usage", "--remote-debugging-pipe"]
WIDTHS = {"wide": 1280, "narrow": 400}
SCHEMES = ("light", "dark")
# How wide the page is, and what of it comes from elsewhere.
WIDE = "document.documentElement.scrollWidth"
FOREIGN = "performance.getEntriesByType('resource').length + document.scripts.length"
TEXT = "document.body.innerText"
SMALLEST = ("Math.min(...[...document.querySelectorAll('td,p,a')]"
            ".map(e => parseFloat(getComputedStyle(e).fontSize)))")
# Of text beside its background, as WCAG 2 has it.
CONTRAST = """(() => {
  const light = c => c.match(/[\\d.]+/g).slice(0, 3).map(Number).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const back = e => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (c !== 'rgba(0, 0, 0, 0)') return c;
    }
    return 'rgb(255, 255, 255)';
  };
  return Math.min(...[...document.querySelectorAll('td,p,a,h1,h2,small,span,code')].map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(back(e))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  }));
})()"""
LEAST_CONTRAST, LEAST_PIXELS = 4.5, 12


class Browser:
    """Speaks the browser's own protocol over a pair of pipes."""

    def __init__(self, profile):
        to_browser, self.out = os.pipe()
        self.input, from_browser = os.pipe()

        def place():
            # As two others than those that are to be closed.
            ours = os.dup(to_browser), os.dup(from_browser)
            os.dup2(ours[0], 3)
            os.dup2(ours[1], 4)

        self.process = subprocess.Popen(
            [BROWSER, *FLAGS, f"--user-data-dir={profile}", "about:blank"], preexec_fn=place,
            close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.pending = 0, b""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Page.enable")

    def ask(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        answer = self.until(lambda told: told.get("id") == self.number)
        if "error" in answer:
            raise OSError(f"{method}: {answer['error']}")
        return answer["result"]

    def until(self, wanted):
        while True:
            while b"\0" not in self.pending:
                piece = os.read(self.input, 1 << 16)
                if not piece:
                    raise OSError(f"{BROWSER} ended")
                self.pending += piece
            text, _, self.pending = self.pending.partition(b"\0")
            told = json.loads(text)
            if wanted(told):
                return told

    def show(self, address, width, scheme):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900,
                 deviceScaleFactor=1, mobile=width < 600)
        self.ask("Emulation.setEmulatedMedia",
                 features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.ask("Page.navigate", url=address)
        self.until(lambda told: told.get("method") == "Page.loadEventFired")

    def value(self, expression):
        return self.ask("Runtime.evaluate", expression=expression)["result"]["value"]

    def picture(self):
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def close(self):
        self.process.kill()
        self.process.wait()


def faults_of(browser, name, width):
    text = browser.value(TEXT)
    for wanted in ("<script>alert(1)</script>", "a&b", "45.0 GiB", "5,904,311", "counting",
                   "nothing was read yet", "733 calls without a series", "every process"):
        if wanted not in text:
            yield f"{name}: {wanted!r} is not to be seen"
    for what, expression, least, most in (
            ("pixels of its width", WIDE, None, width),
            ("things from elsewhere", FOREIGN, 0, 0),
            ("pixels of the smallest letters", SMALLEST, LEAST_PIXELS, None),
            ("the least contrast", CONTRAST, LEAST_CONTRAST, None)):
        value = browser.value(expression)
        if (least is not None and value < least) or (most is not None and value > most):
            yield f"{name}: {what}: {value}"


def main(renderer, folder):
    if shutil.which(BROWSER) is None:
        print(f"SKIP there is no {BROWSER}", file=sys.stderr)
        return SKIPPED
    page = pathlib.Path(folder) / "page.html"
    page.write_bytes(subprocess.run([renderer], check=True, stdout=subprocess.PIPE).stdout)
    faults = []
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        try:
            for name, width in WIDTHS.items():
                for scheme in SCHEMES:
                    browser.show(page.as_uri(), width, scheme)
                    faults += faults_of(browser, f"{name} {scheme}", width)
                    (page.parent / f"page-{name}-{scheme}.png").write_bytes(browser.picture())
        finally:
            browser.close()
    print("\n".join(faults) or f"pictures of {page}: page-*.png")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
