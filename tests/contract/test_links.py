"""The links of the documentation lead somewhere, and the files that it names exist."""

import re
import subprocess

LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]+)?\)")
NAMED_FILE = re.compile(r"`((?:chassis|deploy|directory|docs|gateway|proto|services|tests)/[\w./-]+)`")
HEADING = re.compile(r"^#+ (.*)$|<a id=\"([^\"]+)\">", re.MULTILINE)


def pages(root):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return [root / name for name in listed.stdout.split() if (root / name).exists()]


def anchors(page):
    found = HEADING.findall(page.read_text("utf-8"))
    return {
        "#" + (anchor or re.sub(r"[^\w\- ]", "", text).strip().lower().replace(" ", "-"))
        for text, anchor in found
    }


def test_every_link_leads_somewhere(root):
    broken = []
    for page in pages(root):
        for target, anchor in LINK.findall(page.read_text("utf-8")):
            found = (page.parent / target).resolve() if target else page
            if not found.exists() or (anchor and found.suffix == ".md" and anchor not in anchors(found)):
                broken.append(f"{page.relative_to(root)}: {target}{anchor}")
    assert broken == []


def test_every_file_that_a_page_names_exists(root):
    missing = [
        f"{page.relative_to(root)}: {name}"
        for page in pages(root)
        for name in NAMED_FILE.findall(page.read_text("utf-8"))
        if not (root / name).exists() and not (page.parent / name).exists()
    ]
    assert missing == []
