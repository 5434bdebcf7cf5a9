"""Is there a Java that can run Kafka?"""

import re
import shutil
import subprocess

LEAST_JAVA = 17


def java_obstacle() -> str | None:
    """Say in one sentence why Kafka cannot run here; None if it can."""
    java = shutil.which("java")
    if java is None:
        return f"`java` is not on the PATH: install a Java {LEAST_JAVA} runtime"
    version = _major_version(java)
    if version < LEAST_JAVA:
        return f"`java` is version `{version}`: Kafka needs {LEAST_JAVA} or newer"
    return None


def _major_version(java: str) -> int:
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', said.stderr)
    return int(found.group(1)) if found else 0
