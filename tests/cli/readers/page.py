# SPDX-License-Identifier: GPL-3.0-or-later
"""A page opened in headless Chromium by the WebDriver protocol: nothing on the console, nothing
fetched, tables sort and copy, it prints, headings and figures are named.
python3 page.py PAGE.html [SCREENSHOT FOLDER]"""
import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


PORT = free_port()
BASE = f"http://127.0.0.1:{PORT}"
driver = subprocess.Popen(["chromedriver", f"--port={PORT}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["value"]


def session(dark=False, width=1200):
    options = {
        "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--window-size={width},1400"]
        + (["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if dark else [])
    }
    wanted = {
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
    }
    return "/session/" + call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]


def run(s, script, *args):
    return call("POST", s + "/execute/sync", {"script": script, "args": list(args)})


def check(page, folder):
    url = "file://" + os.path.abspath(page)
    s = session()
    call("POST", s + "/url", {"url": url})
    time.sleep(0.5)
    console = call("POST", s + "/se/log", {"type": "browser"})
    assert not console, console
    fetched = []
    for entry in call("POST", s + "/se/log", {"type": "performance"}):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            fetched.append(message["params"]["request"]["url"])
    foreign = [u for u in fetched if u != url and not u.startswith("data:")]
    assert not foreign, foreign
    sorted_by = """
      const th = [...document.querySelectorAll('th.n')].find(h => h.closest('table').tBodies[0].rows.length > 2);
      const values = () => [...th.closest('table').tBodies[0].rows].map(r => r.cells[th.cellIndex])
          .map(c => c.dataset.v !== undefined ? c.dataset.v : c.textContent).filter(v => v !== '').map(Number);
      th.firstElementChild.click(); const up = values(); th.firstElementChild.click(); return [up, values()];"""
    up, down = run(s, sorted_by)
    assert len(up) > 1 and up == sorted(up) and down == sorted(down, reverse=True), (up, down)
    said = run(s, "const b = document.querySelector('button.copy'); b.click(); return b.textContent")
    assert said in ("Copied", "Copy this table"), said
    assert run(s, "return document.querySelectorAll('h1').length") == 1
    unnamed = run(s, "return [...document.querySelectorAll('figure svg')].filter(f => !f.getAttribute('aria-label')).length")
    assert unnamed == 0
    ids = run(s, "return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids)), "an id stands twice"
    pdf = base64.b64decode(call("POST", s + "/print", {}))
    assert pdf[:5] == b"%PDF-" and len(pdf) > 10000
    if folder:
        open(os.path.join(folder, "print.pdf"), "wb").write(pdf)
    shots = {"light": s, "dark": session(dark=True), "narrow": session(width=400)}
    for name, t in shots.items():
        if t != s:
            call("POST", t + "/url", {"url": url})
        if name == "narrow":
            wide = run(t, "return document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 1, f"{wide} pixels too wide"
        if folder:
            shot = base64.b64decode(call("GET", t + "/screenshot"))
            open(os.path.join(folder, name + ".png"), "wb").write(shot)
        call("DELETE", t)
    print(f"{len(ids)} ids, {len(fetched)} request, {len(pdf)} bytes printed")


try:
    for _ in range(100):
        try:
            call("GET", "/status")
            break
        except OSError:
            time.sleep(0.1)
    check(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
finally:
    driver.terminate()
