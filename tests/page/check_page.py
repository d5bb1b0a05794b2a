"""Opens pages of --export-html in a headless Chromium, and checks what only a browser can tell.

    check_page.py SCREENSHOTS PAGE...

Every page is opened at two widths, in light and dark: its charts are drawn, nothing is reported to the console, the
policy is not violated, no request leaves the page, and the page does not scroll sideways. Then once without scripts and
once for the printer. The screenshots are for a person to look at.
"""

import base64
import json
import pathlib
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

WIDTHS = (1280, 400)
SCHEMES = ("light", "dark")
LOAD_TIMEOUT_S = 60
MOST_SAID = 1000  # characters of a failure

WATCH_POLICY = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (e) => window.violations.push(e.violatedDirective + ' ' + e.blockedURI));
window.failures = [];
addEventListener('error', (e) => window.failures.push(String(e.message)));
window.injected = 0;
window.alert = () => { ++window.injected; };
"""

# For each canvas: whether a chart is on it, and how many of its pixels differ from the first one.
DRAWN = """
return [...document.querySelectorAll('canvas')].map((canvas) => {
    const copy = Object.assign(document.createElement('canvas'), {width: canvas.width, height: canvas.height});
    const context = copy.getContext('2d', {willReadFrequently: true});
    context.drawImage(canvas, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    let coloured = 0;
    for (const pixel of pixels) if (pixel !== pixels[0]) ++coloured;
    return {id: canvas.id, chart: !!Chart.getChart(canvas), coloured, width: canvas.width, role: canvas.getAttribute('role'),
            name: canvas.getAttribute('aria-label'), title: canvas.closest('figure').querySelector('figcaption').textContent};
});
"""

STATE = """
return {violations: window.violations, failures: window.failures, injected: window.injected,
        charts: document.getElementById('data') ? JSON.parse(document.getElementById('data').textContent).charts.length : 0,
        requests: performance.getEntriesByType('resource').map((e) => e.name),
        images: document.querySelectorAll('img').length,
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth};
"""

# The legend switches a series off and on again; a pointer over the chart opens the values.
USE = """
const out = [];
for (const canvas of document.querySelectorAll('canvas')) {
    const chart = Chart.getChart(canvas);
    const legend = chart.legend.legendItems[0];
    chart.options.plugins.legend.onClick.call(chart.legend, {type: 'click'}, legend, chart.legend);
    const hidden = !chart.isDatasetVisible(legend.datasetIndex);
    chart.options.plugins.legend.onClick.call(chart.legend, {type: 'click'}, legend, chart.legend);
    const area = chart.chartArea, box = canvas.getBoundingClientRect();
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9])
        canvas.dispatchEvent(new MouseEvent('mousemove', {bubbles: true,
            clientX: box.left + area.left + area.width * share, clientY: box.top + area.top + area.height * share}));
    out.push({id: canvas.id, hidden, back: chart.isDatasetVisible(legend.datasetIndex)});
}
return out;
"""
TOOLTIPS = """
return [...document.querySelectorAll('canvas')].map((canvas) => {
    const tooltip = Chart.getChart(canvas).tooltip;
    return {id: canvas.id, opacity: tooltip.opacity, lines: (tooltip.body ?? []).flatMap((b) => b.lines)};
});
"""


class Failure(Exception):
    pass


def need(holds, what, *details):
    if not holds:
        raise Failure(" ".join([what, *map(str, details)])[:MOST_SAID])


def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--no-first-run", "--disable-background-networking", "--disable-component-update"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    driver.set_page_load_timeout(LOAD_TIMEOUT_S)
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH_POLICY})
    return driver


def set_view(driver, width, scheme):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                           {"features": [{"name": "prefers-color-scheme", "value": scheme}]})


def drain_logs(driver):
    return driver.get_log("browser"), [json.loads(e["message"])["message"] for e in driver.get_log("performance")]


def requested(events):
    return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]


# What was drawn is on the screen one frame later.
PAINTED = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));"


def take(driver, path, full=True):
    if full:
        driver.execute_async_script(PAINTED)
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": full} | (
        {"clip": {**driver.execute_script(
            "return {x: 0, y: 0, width: document.documentElement.clientWidth,"
            " height: Math.min(6000, document.documentElement.scrollHeight)}"), "scale": 1}} if full else {}))
    path.write_bytes(base64.b64decode(shot["data"]))


def check_requests(events, page):
    away = [url for url in requested(events) if not url.startswith(("data:", page.as_uri()))]
    need(not away, "requests leave the page:", away)


def check_drawn(driver, expected):
    drawn = driver.execute_script(DRAWN)
    need(len(drawn) == expected, "canvases:", len(drawn), "charts in the data:", expected)
    for one in drawn:
        need(one["chart"], "no chart on", one["id"])
        need(one["coloured"] > 200, "an empty chart:", one)
        need(one["role"] == "img" and one["name"], "no text for", one["id"])


def check_use(driver):
    for one in driver.execute_script(USE):
        need(one["hidden"] and one["back"], "the legend does not switch:", one)
    time.sleep(0.3)  # the pointer is heard once a frame
    said = driver.execute_script(TOOLTIPS)
    for one in said:
        need(one["lines"] and all(": " in line for line in one["lines"]), "no values under the pointer:", one)
        need(not any("undefined" in line or "NaN" in line for line in one["lines"]), "bad values:", one)


def check_view(driver, page, width, scheme, screenshots):
    set_view(driver, width, scheme)
    drain_logs(driver)
    driver.get(page.as_uri())
    state = driver.execute_script(STATE)
    console, events = drain_logs(driver)
    need(not console, "console:", console)
    for nothing in ("violations", "failures", "requests"):
        need(not state[nothing], nothing + ":", state[nothing])
    need(state["injected"] == 0 and state["images"] == 0, "foreign text became part of the page")
    need(state["overflow"] <= 0, f"the page scrolls sideways at {width} px by", state["overflow"])
    check_requests(events, page)
    check_drawn(driver, state["charts"])
    take(driver, screenshots / f"{page.stem}-{width}-{scheme}.png")
    check_use(driver)
    set_view(driver, width, SCHEMES[scheme == SCHEMES[0]])  # the other one, without loading again
    check_drawn(driver, state["charts"])
    console, events = drain_logs(driver)
    need(not console, "console after use:", console)
    check_requests(events, page)
    return state["charts"]


def check_without_scripts(driver, page, screenshots):
    set_view(driver, WIDTHS[0], "light")
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    driver.get(page.as_uri())
    take(driver, screenshots / f"{page.stem}-without-scripts.png", full=False)
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    seen = driver.execute_script(
        "return {tables: document.querySelectorAll('table').length, text: document.body.innerText.length,"
        " figures: [...document.querySelectorAll('figure')].filter((f) => !f.hidden).length}")
    need(seen["figures"] == 0, "empty figures without scripts:", seen)
    need(seen["text"] > 100, "no text without scripts:", seen)


def check_print(driver, page, screenshots):
    set_view(driver, WIDTHS[0], "dark")
    driver.get(page.as_uri())
    printed = driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})
    (screenshots / f"{page.stem}.pdf").write_bytes(base64.b64decode(printed["data"]))
    console, _ = drain_logs(driver)
    need(not console, "console after printing:", console)


def check(driver, page, screenshots):
    charts = 0
    for width in WIDTHS:
        for scheme in SCHEMES:
            charts = check_view(driver, page, width, scheme, screenshots)
    need(charts > 0, "no charts")
    check_without_scripts(driver, page, screenshots)
    check_print(driver, page, screenshots)
    print(f"{page.name}: {charts} charts, {page.stat().st_size / 1e3:.0f} kB")


def main():
    screenshots = pathlib.Path(sys.argv[1])
    pages = [pathlib.Path(p).resolve() for p in sys.argv[2:]]
    failed = False
    driver = browser()
    try:
        for page in pages:
            try:
                check(driver, page, screenshots)
            except Failure as e:
                failed = True
                print(f"{page.name}: FAILED: {e}")
    finally:
        driver.quit()
    sys.exit(1 if failed or not pages else 0)


main()
