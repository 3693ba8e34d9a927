# For generators and build scripts in POSIX sh: state facts and ask for others' over Cermet's channel.
# SPDX-License-Identifier: MIT
#
#     . ./cermet_channel.sh
#     include=$(cermet_require headers shapes | cermet_get include)        one text a line
#     cermet_provide library area "{\"link\": \"static\", \"libraries\": [\"area\"], \"search\": $(cermet_list "$OUT_DIR")}"
#
# One file, to be copied beside the script; it needs awk and sed. The protocol is docs/protocol.md of Cermet. Where nobody
# listens (CERMET_CHANNEL is not set) cermet_talks fails. A question that cannot be answered prints its text to stderr, and
# the function fails.

cermet_talks() { [ -n "${CERMET_CHANNEL:-}" ]; }

# TEXT as JSON, with its quotes.
cermet_text() {
    printf '%s\n' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/	/\\t/g' | awk '
        BEGIN { printf "\"" }
        { printf "%s%s", sep, $0; sep = "\\n" }
        END { printf "\"" }'
}

# TEXT… as a JSON list.
cermet_list() {
    cermet_list_=
    for cermet_one_; do cermet_list_="${cermet_list_:+$cermet_list_, }$(cermet_text "$cermet_one_")"; done
    printf '[%s]' "$cermet_list_"
}

# MESSAGE, a JSON object on one line, that wants no answer.
cermet_say() { printf '%s\n' "$1" >&"$CERMET_CHANNEL"; }

# MEMBERS of a question, without braces -> its answer as JSON, on stdout.
cermet_ask() {
    printf '{"id": 1, %s}\n' "$1" >&"$CERMET_CHANNEL"
    IFS= read -r cermet_reply_ <&"$CERMET_CHANNEL" || { echo "Cermet does not answer any more" >&2; return 1; }
    case $cermet_reply_ in
        '{"error":'*) printf '%s\n' "$cermet_reply_" | cermet_get error >&2; return 1 ;;
    esac
    cermet_reply_=${cermet_reply_#'{"answer":'}
    printf '%s\n' "${cermet_reply_%,\"id\":1\}}"
}

# JSON on stdin, a path of members (value.include) -> the text there, or each text of the list there, one a line.
cermet_get() {
    awk -v wanted="$1" '
        function text(    out, c, code) {
            out = ""
            for (at++; (c = substr(all, at, 1)) != "\""; at++) {
                if (c == "") return out
                if (c != "\\") { out = out c; continue }
                c = substr(all, ++at, 1)
                if (c == "n") out = out "\n"
                else if (c == "t") out = out "\t"
                else if (c == "r") out = out "\r"
                else if (c == "u") { out = out "?"; at += 4 }
                else out = out c
            }
            at++
            return out
        }
        function skip() { while (substr(all, at, 1) ~ /[ \t\n:,]/) at++ }
        function value(path,    c, start, name) {
            skip()
            c = substr(all, at, 1)
            if (c == "\"") { name = text(); if (path == wanted) print name; return }
            if (c == "{") {
                for (at++; ; ) {
                    skip()
                    if (substr(all, at, 1) != "\"") { at++; return }
                    name = text()
                    value(path == "" ? name : path "." name)
                }
            }
            if (c == "[") {
                for (at++; ; ) {
                    skip()
                    if (substr(all, at, 1) ~ /^(\]|)$/) { at++; return }
                    value(path)
                }
            }
            for (start = at; substr(all, at, 1) ~ /^[-+.A-Za-z0-9]$/; at++) ;
            if (start == at) at++
            else if (path == wanted) print substr(all, start, at - start)
        }
        { all = all $0 }
        END { at = 1; value("") }'
}

# Before anything else: fails where another version of the protocol is spoken.
cermet_hello() { cermet_ask '"type": "hello", "protocol": [1], "client": "cermet_channel.sh 1"' > /dev/null; }

# KIND NAME -> the fact's value as JSON.
cermet_require() {
    cermet_answer_=$(cermet_ask "\"type\": \"require\", \"kind\": $(cermet_text "$1"), \"name\": $(cermet_text "$2")") || return 1
    printf '%s\n' "$cermet_answer_" | cermet_value_
}
# {"digest": …, "from": …, "value": V} -> V: members are in the order of the alphabet, so it is the last one.
cermet_value_() { sed -e 's/^{"digest":"[0-9a-f]*","from":"\([^"\\]\|\\.\)*","value"://' -e 's/}$//'; }

# MEMBER QUESTION -> that member of the answer. Not a pipe: its end would hide that the question failed.
cermet_member_() {
    cermet_answer_=$(cermet_ask "$2") || return 1
    printf '%s\n' "$cermet_answer_" | cermet_get "$1"
}

# KIND NAME VALUE [VISIBILITY]: VALUE is JSON.
cermet_provide() {
    cermet_say "{\"type\": \"provide\", \"kind\": $(cermet_text "$1"), \"name\": $(cermet_text "$2"), \"visibility\": $(cermet_text "${4:-direct}"), \"value\": $3}"
}

# NAME KIND DEFAULT [CHOICE…] -> the value as text. DEFAULT is JSON: true, 4, "text".
cermet_option() {
    cermet_head_="\"type\": \"option\", \"name\": $(cermet_text "$1"), \"kind\": $(cermet_text "$2"), \"default\": $3"
    shift 3
    [ $# -eq 0 ] || cermet_head_="$cermet_head_, \"choices\": $(cermet_list "$@")"
    cermet_member_ value "$cermet_head_"
}

# NAME of a declared download -> its path.
cermet_fetch() { cermet_member_ path "\"type\": \"fetch\", \"name\": $(cermet_text "$1")"; }

# PATH, absolute: when it changes, the script runs again. Said before it is read.
cermet_watch() { cermet_ask "\"type\": \"watch\", \"path\": $(cermet_text "$1")" > /dev/null; }

# NAME of a variable of the user's -> its value. When it changes, the script runs again.
cermet_variable() { cermet_member_ value "\"type\": \"watch\", \"variable\": $(cermet_text "$1")"; }

# PATH ROLE: what something that the script made is for.
cermet_output() { cermet_say "{\"type\": \"output\", \"path\": $(cermet_text "$1"), \"role\": $(cermet_text "$2")}"; }

# LEVEL MESSAGE: an error makes the script fail in the end, a warning or a note does not.
cermet_diagnostic() {
    cermet_say "{\"type\": \"diagnostic\", \"level\": $(cermet_text "$1"), \"message\": $(cermet_text "$2")}"
}

# A line for who looks closely.
cermet_note() { cermet_say "{\"type\": \"note\", \"message\": $(cermet_text "$1")}"; }
