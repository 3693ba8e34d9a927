// The Cython worker: a Python program that compiles .pyx files, one fork per file, and tells what each one looked at.
// SPDX-License-Identifier: MIT
//
// Speaks JSON lines: a request on stdin, a reply on stdout (docs/protocol.md, "workers"). One parent keeps the compiler's
// modules imported; a fork per request starts from that state, so no file sees another one's. `--once REQUEST` answers a
// single request without forking and gives the same bytes. Needs: the interpreter run with PYTHONHASHSEED=0 and without
// address randomisation, because Cython's profiling code depends on both.
// Reported per file: `read` (opened), `present` and `absent` (looked for by name only). Works with Cython 3.0 to 3.3.
#pragma once

namespace cermet::cython {

inline constexpr const char* k_worker_program = R"PY(
import io, json, os, posixpath, selectors, sys, traceback

def preload():
    import Cython.Compiler.Main
    for name in ("Pipeline", "ParseTreeTransforms", "Optimize", "ModuleNode", "Nodes", "ExprNodes",
                 "TypeInference", "FlowControl", "AnalysedTreeTransforms", "Buffer", "MemoryView",
                 "UtilityCode", "CythonScope", "AutoDocTransforms", "FusedNode", "ParseTreeTransforms",
                 "Dataclass", "Builtin", "TypeSlots", "Annotate", "Parsing"):
        try:
            __import__("Cython.Compiler." + name)
        except ImportError:
            pass

class Watch:
    """Records what is opened and what is only looked for, by path."""
    def __init__(self):
        self.read, self.present, self.absent, self.on = set(), set(), set(), False
    def note(self, path, found):
        if not self.on or not isinstance(path, (str, bytes)):
            return
        path = posixpath.abspath(os.fsdecode(path))
        (self.present if found else self.absent).add(path)
    def audit(self, event, args):
        if not self.on or event != "open":
            return
        path, mode, flags = args
        if not isinstance(path, (str, bytes)):
            return
        writes = flags & (os.O_WRONLY | os.O_RDWR) if isinstance(flags, int) else False
        if not writes:
            self.read.add(posixpath.abspath(os.fsdecode(path)))

watch = Watch()

def install_watch():
    real_stat, real_lstat, real_scandir = os.stat, os.lstat, os.listdir
    def stat(path, *args, **kwargs):
        try:
            result = real_stat(path, *args, **kwargs)
        except OSError:
            watch.note(path, False)
            raise
        watch.note(path, True)
        return result
    def lstat(path, *args, **kwargs):
        try:
            result = real_lstat(path, *args, **kwargs)
        except OSError:
            watch.note(path, False)
            raise
        watch.note(path, True)
        return result
    os.stat, os.lstat = stat, lstat
    import genericpath
    def probe(test):
        def wrapped(path):
            try:
                mode = stat(path).st_mode
            except (OSError, ValueError):
                return False
            return test(mode)
        return wrapped
    import stat as modes
    for module in (posixpath, genericpath):
        module.exists = probe(lambda mode: True)
        module.isfile = probe(modes.S_ISREG)
        module.isdir = probe(modes.S_ISDIR)
    sys.addaudithook(watch.audit)

def name_outside_files_by_import_path(roots):
    """Cython names files outside the project relative to the working directory, which differs from machine to
    machine: name them as an import finds them."""
    real = posixpath.relpath
    roots = sorted((posixpath.abspath(root) + "/" for root in roots if root), key=len, reverse=True)
    def relpath(path, start=None):
        if start is None:
            whole = posixpath.abspath(path)
            inside = whole.startswith(posixpath.abspath(".") + "/")
            for root in () if inside else roots:
                if whole.startswith(root):
                    return whole[len(root):]
            return real(path)
        return real(path, start)
    posixpath.relpath = relpath
    os.path.relpath = relpath

def compile_one(request):
    from Cython.Compiler import Main, Options
    os.chdir(request["cwd"])
    name_outside_files_by_import_path(sys.path)
    for name, value in request.get("global_options", {}).items():
        setattr(Options, name, value)
    directives = dict(Options.get_directive_defaults())
    given = dict(request.get("directives", {}))
    for name in list(given):
        if name not in directives:
            import difflib
            near = difflib.get_close_matches(name, directives, 1)
            print("unknown directive '%s'%s" % (name, "; did you mean '%s'?" % near[0] if near else ""), file=sys.stderr)
            return 1
    arguments = dict(
        output_file=request["output"],
        include_path=list(request.get("include_path", [])),
        compiler_directives=given,
        cplus=bool(request.get("cplus")),
        compile_time_env=request.get("compile_time_env") or None,
        annotate="default" if request.get("annotate") else None,
    )
    options = Main.CompilationOptions(Options.default_options if hasattr(Options, "default_options") else Main.default_options, **arguments)
    watch.on = True
    try:
        result = Main.compile_single(request["source"], options, request["module"])
    finally:
        watch.on = False
    return 1 if result.num_errors else 0

def answer(request):
    out, err = io.StringIO(), io.StringIO()
    real_out, real_err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err
    try:
        status = compile_one(request)
    except BaseException as error:
        from Cython.Compiler.Errors import CompileError, PyrexError
        if isinstance(error, (CompileError, PyrexError)):
            print(error, file=err)
        else:
            traceback.print_exc(file=err)
        status = 1
    finally:
        watch.on = False
        sys.stdout, sys.stderr = real_out, real_err
    read = sorted(watch.read)
    known = watch.read
    return {"id": request.get("id"), "exit": status, "stdout": out.getvalue(), "stderr": err.getvalue(),
            "read": read, "present": sorted(watch.present - known), "absent": sorted(watch.absent)}

def serve():
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ, None)
    pending, children, closing = b"", {}, False
    while not closing or children:
        for key, _ in selector.select():
            if key.fd == 0:
                chunk = os.read(0, 1 << 16)
                if not chunk:
                    closing = True
                    selector.unregister(0)
                pending += chunk
                while b"\n" in pending:
                    line, pending = pending.split(b"\n", 1)
                    request = json.loads(line)
                    reader, writer = os.pipe()
                    child = os.fork()
                    if child == 0:
                        os.close(reader)
                        for other in children:
                            os.close(other)
                        reply = json.dumps(answer(request)).encode()
                        while reply:
                            reply = reply[os.write(writer, reply):]
                        os._exit(0)
                    os.close(writer)
                    children[reader] = [child, b"", request.get("id")]
                    selector.register(reader, selectors.EVENT_READ, None)
            else:
                chunk = os.read(key.fd, 1 << 16)
                entry = children[key.fd]
                if chunk:
                    entry[1] += chunk
                    continue
                selector.unregister(key.fd)
                os.close(key.fd)
                del children[key.fd]
                _, status = os.waitpid(entry[0], 0)
                reply = entry[1]
                if status or not reply:
                    reply = json.dumps({"id": entry[2], "exit": 1, "stdout": "", "read": [], "present": [], "absent": [],
                                        "stderr": "the Cython worker died with wait status %d" % status}).encode()
                reply += b"\n"
                while reply:
                    reply = reply[os.write(1, reply):]

def main():
    sys.path.pop(0)  # the directory of this program holds nothing to import
    preload()
    install_watch()
    if len(sys.argv) > 2 and sys.argv[1] == "--once":
        reply = answer(json.loads(sys.argv[2]))
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()
        return
    serve()

main()
)PY";

}  // namespace cermet::cython
