"""The clients of the channel, one per language: each says and asks everything, and is told the same.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Dict

import pytest

import small

CLIENTS = Path(__file__).resolve().parents[2] / "shims/channel"

# What each of the scripts does: asks the generator `tables` for a fact, reads an option, a variable and a file, makes a
# header whose text is all of that, and says so.
PYTHON = '''
import os
import cermet_channel
build = cermet_channel.connect()
assert build is not None
tables = build.require("config", "tables")["values"]["text"]
try:
    build.require("config", "nobody")
except cermet_channel.Refused as refused:
    assert "asks for config:nobody" in str(refused), refused
assert build.require("config", "nobody", optional=True) is None
level = build.option("level", 3, about="How much.")
mode = build.option("mode", "slow", choices=["slow", "fast"])
extra = build.option("extra", False)
build.watch("watched.txt")
with open("watched.txt") as file:
    watched = file.read().strip()
line = "|".join([tables, str(level), mode, str(extra).lower(), build.variable("STORY_NAME"), watched])
os.makedirs(os.environ["OUT_DIR"] + "/include")
with open(os.environ["OUT_DIR"] + "/include/said.h", "w") as file:
    file.write('#define SAID "%s"\\n' % line.replace("\\\\", "\\\\\\\\").replace('"', '\\\\"'))
build.output(os.environ["OUT_DIR"] + "/include/said.h", "header")
build.provide("headers", "said", {"include": [os.environ["OUT_DIR"] + "/include"]}, visibility="transitive")
build.diagnostic("warning", "the door is \\"open\\"", file="door.txt", line=7, hint="close it")
build.note("one line for who looks closely")
'''
SHELL = r'''
set -eu
. ./cermet_channel.sh
cermet_talks
cermet_hello
tables=$(cermet_require config tables | cermet_get values.text)
if cermet_require config nobody 2> refused.txt; then exit 1; fi
grep -q "asks for config:nobody" refused.txt
level=$(cermet_option level number 3)
mode=$(cermet_option mode choice '"slow"' slow fast)
extra=$(cermet_option extra boolean false)
name=$(cermet_variable STORY_NAME)
cermet_watch "$PWD/watched.txt"
line="$tables|$level|$mode|$extra|$name|$(cat "$PWD/watched.txt")"
mkdir -p "$OUT_DIR/include"
printf '#define SAID %s\n' "$(cermet_text "$line")" > "$OUT_DIR/include/said.h"
cermet_output "$OUT_DIR/include/said.h" header
cermet_provide headers said "{\"include\": $(cermet_list "$OUT_DIR/include")}" transitive
cermet_say '{"type": "diagnostic", "level": "warning", "message": "the door is \"open\"", "file": "door.txt", "line": 7, "hint": "close it"}'
cermet_note "one line for who looks closely"
'''
C = r'''
#include "cermet_channel.h"
#include <assert.h>
#include <sys/stat.h>
static void put(FILE* out, const char* text) {
    for (; *text != '\0'; ++text) {
        if (*text == '"' || *text == '\\') fputc('\\', out);
        fputc(*text, out);
    }
}
int main(void) {
    cermet_channel build;
    assert(cermet_connect(&build));
    char* tables = cermet_require(&build, "config", "tables");
    assert(tables != NULL);
    char* values = cermet_get(tables, "values", 0);
    char* text = cermet_get(values, "text", 0);
    assert(cermet_require(&build, "config", "nobody") == NULL);
    assert(strstr(cermet_error(&build), "asks for config:nobody") != NULL);
    char* level = cermet_option(&build, "level", "number", "3");
    char* mode = cermet_option(&build, "mode", "text", "\"slow\"");
    char* extra = cermet_option(&build, "extra", "boolean", "false");
    char* answer = cermet_ask(&build, "\"type\": \"watch\", \"variable\": \"STORY_NAME\"");
    char* name = cermet_get(answer, "value", 0);
    char path[4096], watched[100] = "";
    assert(getcwd(path, sizeof path - 20) != NULL);
    strcat(path, "/watched.txt");
    assert(cermet_watch(&build, path));
    FILE* in = fopen(path, "r");
    assert(in != NULL && fscanf(in, "%99s", watched) == 1);
    snprintf(path, sizeof path, "%s/include", getenv("OUT_DIR"));
    mkdir(path, 0777);
    strcat(path, "/said.h");
    FILE* out = fopen(path, "w");
    assert(out != NULL);
    fputs("#define SAID \"", out);
    const char* parts[] = {text, level, mode, extra, name, watched};
    for (int i = 0; i < 6; ++i) {
        if (i > 0) fputc('|', out);
        put(out, parts[i]);
    }
    fputs("\"\n", out);
    fclose(out);
    assert(cermet_output(&build, path, "header"));
    *strrchr(path, '/') = '\0';
    char value[5000];
    snprintf(value, sizeof value, "{\"include\": [\"%s\"]}", path);
    assert(cermet_provide(&build, "headers", "said", value, "transitive"));
    assert(cermet_say(&build, "\"type\": \"diagnostic\", \"level\": \"warning\", \"message\": \"the door is \\\"open\\\"\", "
                              "\"file\": \"door.txt\", \"line\": 7, \"hint\": \"close it\""));
    assert(cermet_note(&build, "one line for who looks closely"));
    return 0;
}
'''
# The other end, by hand; its text has what JSON and C escape.
TABLES = r'''printf '%s\n' '{"type": "provide", "kind": "config", "name": "tables", "value": {"values": {"text": "a \"b\" \\ é"}}}' >&"$CERMET_CHANNEL"
'''

COMMANDS = {"python": '["python", "say.py"]', "shell": '["sh", "say.sh"]', "c": '["tool:say"]', "c++": '["tool:say"]'}


def project_with(client: str) -> Dict[str, str]:
    files = small.c_only()
    files["tables.sh"] = TABLES
    files["watched.txt"] = "seen\n"
    if client == "python":
        files["say.py"] = PYTHON
        files["cermet_channel.py"] = (CLIENTS / "cermet_channel.py").read_text()
    elif client == "shell":
        files["say.sh"] = SHELL.replace("refused.txt", "$OUT_DIR/refused.txt")  # the checkout is not to be written
        files["cermet_channel.sh"] = (CLIENTS / "cermet_channel.sh").read_text()
    else:
        suffix = "cpp" if client == "c++" else "c"
        files[f"tools/say.{suffix}"] = C
        files["tools/cermet_channel.h"] = (CLIENTS / "cermet_channel.h").read_text()
        files["pyproject.toml"] += f'\n[[tool.cermet.executable]]\nname = "say"\ninstall = false\nsources = ["tools/say.{suffix}"]\n'
    inputs = [name for name in files if name.startswith(("say", "cermet_channel"))]
    files["pyproject.toml"] += f'''
[[tool.cermet.generate]]
name = "tables"
command = ["sh", "tables.sh"]
inputs = ["tables.sh"]
provides = ["config:tables"]

[[tool.cermet.generate]]
name = "said"
command = {COMMANDS[client]}
inputs = {inputs}
provides = ["headers:said"]
options = {{ level = "5", mode = "fast" }}
'''
    files["pyproject.toml"] = files["pyproject.toml"].replace("sources = [\"small/_c.c\"", 'uses = ["headers:said"]\nsources = ["small/_c.c"')
    files["small/_c.c"] = small.c_module("_c", '#include <string.h>\n#include "said.h"', "(long)strlen(SAID)")
    return files


@pytest.mark.parametrize("client", ["python", "shell", "c", "c++"])
def test_a_client(make, client):
    project = make(project_with(client))
    built = project.build("-j1", "-v", STORY_NAME="Ann")
    said = next(project.cache.rglob("generate-said-*/out/include/said.h"))
    assert said.read_text() == '#define SAID "a \\"b\\" \\\\ é|5|fast|false|Ann|seen"\n'
    assert 'warning: said: door.txt:7: the door is "open" (close it)' in built.err, built.err
    assert "said: one line for who looks closely" in built.err, built.err
    assert not project.build(STORY_NAME="Ann").ran
    project.write("watched.txt", "other\n")
    assert any(label.startswith("generate-said") for label in project.build(STORY_NAME="Ann").ran)
    assert any(label.startswith("generate-said") for label in project.build(STORY_NAME="Bob").ran)


def test_by_hand_nobody_listens(folder):
    shutil.copy(CLIENTS / "cermet_channel.py", folder)
    shutil.copy(CLIENTS / "cermet_channel.sh", folder)
    subprocess.run(["python3", "-c", "import cermet_channel; assert cermet_channel.connect() is None"], cwd=folder, check=True)
    subprocess.run(["sh", "-c", ". ./cermet_channel.sh; ! cermet_talks"], cwd=folder, check=True)
