"""Languages compiled for a virtual machine: Java, C#."""

from __future__ import annotations

import re

from codetune.execution.languages.language import REPORT, Build, LanguageSpec, source_of
from codetune.execution.protocol import Program

__all__ = ["CSHARP", "JAVA"]

_REPORT = REPORT.replace('"', '\\"')
# The program's main is called from ours; System.exit on the way never comes back to report.
_JAVA_START = f"""
public class CodetuneStart {{
  public static void main(String[] names) throws Throwable {{
    java.lang.reflect.Method main = null;
    for (String name : names) {{
      try {{ main = Class.forName(name).getDeclaredMethod("main", String[].class); break; }}
      catch (ReflectiveOperationException none) {{ }}
    }}
    if (main == null) {{ System.err.println("no class has a main method"); System.exit(1); }}
    main.setAccessible(true);
    try {{ main.invoke(null, (Object) new String[0]); }}
    catch (java.lang.reflect.InvocationTargetException error) {{ throw error.getCause(); }}
    System.out.flush();
    byte[] text = new byte[32];
    try (java.io.FileInputStream from = new java.io.FileInputStream("/proc/self/fd/3");
         java.io.FileOutputStream to = new java.io.FileOutputStream("/proc/self/fd/4")) {{
      if (from.read(text) != 32) System.exit(1);
      to.write((new String(text, "US-ASCII") + "{_REPORT}").getBytes("US-ASCII"));
    }}
  }}
}}
"""
_CSHARP_START = f"""
public static class CodetuneStart {{
  class Strict : System.Diagnostics.TraceListener {{
    public override void Fail(string message) {{ throw new System.Exception("Assertion failed: " + message); }}
    public override void Fail(string message, string detail) {{ Fail(message + " " + detail); }}
    public override void Write(string text) {{ }}
    public override void WriteLine(string text) {{ }}
  }}
  public static int Main() {{
    System.Diagnostics.Trace.Listeners.Clear();
    System.Diagnostics.Trace.Listeners.Add(new Strict());
    System.Reflection.MethodInfo main = null;
    foreach (var type in System.Reflection.Assembly.GetExecutingAssembly().GetTypes()) {{
      var found = type == typeof(CodetuneStart) ? null : type.GetMethod("Main",
        System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic);
      if (found != null) {{ main = found; break; }}
    }}
    if (main == null) {{ System.Console.Error.WriteLine("no class has a Main method"); return 1; }}
    object result;
    try {{ result = main.Invoke(null, main.GetParameters().Length == 0 ? null : new object[] {{ new string[0] }}); }}
    catch (System.Reflection.TargetInvocationException error) {{ System.Console.Error.WriteLine(error.InnerException); return 1; }}
    var task = result as System.Threading.Tasks.Task;
    if (task != null) task.Wait();
    if (result is int && (int) result != 0) return (int) result;
    System.Console.Out.Flush();
    var text = new byte[32];
    using (var from = new System.IO.FileStream("/proc/self/fd/3", System.IO.FileMode.Open, System.IO.FileAccess.Read))
      if (from.Read(text, 0, 32) != 32) return 1;
    var said = System.Text.Encoding.ASCII.GetBytes(System.Text.Encoding.ASCII.GetString(text) + "{_REPORT}");
    using (var to = new System.IO.FileStream("/proc/self/fd/4", System.IO.FileMode.Open, System.IO.FileAccess.Write))
      to.Write(said, 0, said.Length);
    return 0;
  }}
}}
"""
_PUBLIC_CLASS = re.compile(r"^([ \t]*)(public)\s+(?:(?:final|abstract|strictfp|sealed|non-sealed)\s+)*(?:class|interface|enum|record)\s+(\w+)",
                           re.MULTILINE)  # fmt: skip
_CLASS = re.compile(r"\bclass\s+(\w+)")
_PACKAGE = re.compile(r"^\s*package\s+[\w.]+\s*;", re.MULTILINE)
_THIRD_PARTY = re.compile(
    r"(?<![\w.])(?!(?:java|javax|jdk)\.)[a-z]\w*(?:\.[a-z]\w*)+\.(?:[A-Z]\w*|\*)"
)  # a package other than the JDK's, imported or written out
_QUIET_VM = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]


def _java(program: Program, path: str, memory_mib: int) -> Build:
    text = _PACKAGE.sub("", source_of(program))
    # A file is called as its outermost public class; nested ones are indented further.
    public = min(
        _PUBLIC_CLASS.finditer(text), key=lambda found: found.start(2) - found.start(1), default=None
    )
    name = f"{public[3] if public else 'Main'}.java"
    # Opening all the machine's libraries takes the compiler a fifth of its time.
    libraries = "/box/out:/usr/share/java/*" if _THIRD_PARTY.search(text) else "/box/out"
    compile_command = [
        path, *(f"-J{flag}" for flag in [*_QUIET_VM, "-Xmx768m"]), "-nowarn", "-proc:none", "-encoding", "UTF-8",
        "-cp", libraries, "-d", "out", name, "CodetuneStart.java",
    ]  # fmt: skip
    heap = max(32, memory_mib * 3 // 4)
    classes = list(dict.fromkeys(["Main", *_CLASS.findall(text)]))
    run = [
        "/usr/bin/env", "java", *_QUIET_VM, f"-Xmx{heap}m", "-Xss16m", "-XX:-UsePerfData", "-ea",
        "-cp", libraries, "CodetuneStart", *classes,
    ]  # fmt: skip
    files = {name: text.encode("utf-8", "replace"), "CodetuneStart.java": _JAVA_START.encode()}
    return Build(files=files, compile=compile_command, collect=("out/",), run=run)


def _csharp(program: Program, path: str, memory_mib: int) -> Build:
    text = source_of(program)
    command = [
        path, "-nologo", "-warn:0", "-optimize+", "-define:DEBUG;TRACE", "-main:CodetuneStart",
        "-r:System.Numerics.dll", "-r:System.Core.dll", "-out:program.exe", "main.cs", "start.cs",
    ]  # fmt: skip
    files = {"main.cs": text.encode("utf-8", "replace"), "start.cs": _CSHARP_START.encode()}
    return Build(
        files=files, compile=command, collect=("program.exe",), run=["/usr/bin/env", "mono", "program.exe"]
    )


JAVA = LanguageSpec(build=_java, flags="nowarn", extra_processes=64)
CSHARP = LanguageSpec(build=_csharp, flags="DEBUG", extra_processes=24)
