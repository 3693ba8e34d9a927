#!/usr/bin/env python3
# Judge of exec/action.cpp: protobuf's own serializer must give the same bytes for Action, Command and every Directory.
# SPDX-License-Identifier: MIT
"""Usage: reapi_encoding.py [--driver PATH] [--seed N] [--cases N] [--venv DIR]

Without --driver it compiles tests/judges/reapi_driver.cpp itself ($CXX or g++). Seeded random actions are encoded by both;
salts are ours and only compared for being a function of what they cover.
"""
import argparse
import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ["base/bytes", "base/digest", "base/error", "base/json", "base/path", "base/text", "exec/action", "exec/places"]


def ensure_tools(directory):
    try:
        import google.protobuf  # noqa: F401
        import grpc_tools  # noqa: F401
        return
    except ImportError:
        pass
    python = pathlib.Path(directory) / "bin" / "python"
    if os.path.realpath(sys.prefix) == os.path.realpath(directory):
        sys.exit("the judge's environment lacks protobuf even after installing it")
    if not python.exists():
        venv.create(directory, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "protobuf", "grpcio-tools", "setuptools<81"], check=True)
    os.execv(python, [str(python), *sys.argv])


def compile_driver(directory):
    driver = pathlib.Path(directory) / "reapi_driver"
    sources = [str(ROOT / "src" / (name + ".cpp")) for name in SOURCES]
    subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", "-O0", f"-I{ROOT}/src", "-o", str(driver),
                    str(ROOT / "tests/judges/reapi_driver.cpp"), *sources, "-pthread"], check=True)
    return driver


def load_messages(directory):
    from grpc_tools import protoc
    if protoc.main(["protoc", f"-I{ROOT}/tests/judges", f"--python_out={directory}",
                    str(ROOT / "tests/judges/reapi.proto")]) != 0:
        sys.exit("protoc failed")
    sys.path.insert(0, str(directory))
    import reapi_pb2
    return reapi_pb2


def random_name(rng):
    letters = "abcxyzABC019._-é~ "
    return "".join(rng.choice(letters) for _ in range(rng.randint(1, 6))).strip(" .") or "n"


def random_digest(rng):
    size = rng.choice([0, 1, 127, 128, 70000, 2**33])
    return hashlib.sha256(rng.randbytes(8)).hexdigest() + f"/{size}"


def random_action(rng):
    inputs = {}
    directories = ["/cermet/ws", "/usr/include", "/cermet/pkg/crate-x-1.0-00000000"]
    for _ in range(rng.randint(0, 12)):
        if rng.random() < 0.4:
            directories.append(rng.choice(directories) + "/" + random_name(rng))
        path = rng.choice(directories) + "/" + random_name(rng)
        inputs[path] = {"path": path, "digest": random_digest(rng), "kind": rng.choice(["file", "executable", "tree"])}
    kept = []  # a file or a tree has nothing below it, in REAPI as here
    for path, one in inputs.items():
        if not any(other != path and (other + "/").startswith(path + "/") for other in inputs) and path not in directories:
            kept.append(one)
    text = lambda: rng.choice(["", "a", "--x=/cermet/ws/ä", "two words", "\x1fcermet/ws", random_name(rng)])
    return {
        "label": "step-" + random_name(rng).replace("/", ""),
        "argv": [text() for _ in range(rng.randint(0, 6))],
        "env": {random_name(rng).replace("=", ""): text() for _ in range(rng.randint(0, 5))},
        "platform": {random_name(rng): text() for _ in range(rng.randint(0, 3))},
        "cwd": rng.choice(["", "/cermet/ws", "/cermet/ws/deep/er"]),
        "outputs": [rng.choice(["a.o", "b/c.o", "a.o", "/cermet/ws/gen.h", random_name(rng)]) for _ in range(rng.randint(0, 4))],
        "inputs": kept,
    }


def utf8(text):
    return text.encode()


def to_digest(pb, text):
    name, size = text.split("/")
    return pb.Digest(hash=name, size_bytes=int(size))


def digest_of(data):
    return hashlib.sha256(data).hexdigest() + f"/{len(data)}"


def expected_directories(pb, action):
    tree = {}

    def descend(path):
        node = tree
        for part in path.strip("/").split("/") if path.strip("/") else []:
            node = node.setdefault(part, {})
        return node

    for one in action["inputs"]:
        parent, name = one["path"].rsplit("/", 1)
        descend(parent)[name] = one
    if action["cwd"]:
        descend(action["cwd"])
    messages = {}

    def write(node):
        message = pb.Directory()
        for name in sorted(node, key=utf8):
            child = node[name]
            if "kind" in child and isinstance(child["kind"], str):
                if child["kind"] == "tree":
                    message.directories.add(name=name, digest=to_digest(pb, child["digest"]))
                else:
                    message.files.add(name=name, digest=to_digest(pb, child["digest"]),
                                      is_executable=child["kind"] == "executable")
            else:
                message.directories.add(name=name, digest=to_digest(pb, write(child)))
        data = message.SerializeToString(deterministic=True)
        messages[hashlib.sha256(data).hexdigest()] = data
        return digest_of(data)

    return write(tree), messages


def platform_of(pb, action):
    platform = pb.Platform()
    for name in sorted(action["platform"], key=utf8):
        platform.properties.add(name=name, value=action["platform"][name])
    return platform if action["platform"] else None


def expected_command(pb, action):
    command = pb.Command(arguments=action["argv"], working_directory=action["cwd"].lstrip("/"), platform=platform_of(pb, action))
    for name in sorted(action["env"], key=utf8):
        command.environment_variables.add(name=name, value=action["env"][name])
    base = action["cwd"] or "/"
    outputs = {os.path.relpath(os.path.join("/cermet/out/" + action["label"], path), base) for path in action["outputs"]}
    command.output_paths.extend(sorted(outputs, key=utf8))
    return command.SerializeToString(deterministic=True)


def judge(pb, action, answer):
    root, directories = expected_directories(pb, action)
    got = {name: bytes.fromhex(data) for name, data in answer["directories"].items() if name != "root"}
    assert got == directories, "directories differ"
    assert answer["directories"]["root"] == root, "the root's digest differs"
    command = expected_command(pb, action)
    assert bytes.fromhex(answer["command"]) == command, "the command differs"
    data = bytes.fromhex(answer["action"])
    ours = pb.Action.FromString(data)
    expected = pb.Action(command_digest=to_digest(pb, digest_of(command)), input_root_digest=to_digest(pb, root),
                         salt=ours.salt, platform=platform_of(pb, action))
    assert ours.salt, "no salt"
    assert data == expected.SerializeToString(deterministic=True), "the action differs"
    assert answer["action_digest"] == digest_of(data), "the action's digest differs"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--venv", default=str(ROOT / "build" / "reapi-venv"))
    options = parser.parse_args()
    ensure_tools(options.venv)
    rng = random.Random(options.seed)
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        pb = load_messages(directory)
        driver = options.driver or compile_driver(directory)
        process = subprocess.Popen([driver], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for case in range(options.cases):
            action = random_action(rng)
            process.stdin.write(json.dumps(action).encode() + b"\n")
            process.stdin.flush()
            try:
                judge(pb, action, json.loads(process.stdout.readline()))
            except (AssertionError, ValueError) as problem:
                failed += 1
                print(f"case {case} (seed {options.seed}): {problem}\n  {json.dumps(action)}")
        process.stdin.close()
        process.wait()
    print(f"{options.cases - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
