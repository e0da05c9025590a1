"""`runironic`: API and conductor in one process, on a database that is made when it is empty."""

import os
import sys
import time
import traceback
import urllib.parse

# Loading Ironic takes seconds of processor time: it comes first, while keepalived takes the endpoint address and the
# database starts.
import ironic.command.singleprocess

from stack import files, redfish_sessions, settings as stack_settings
from stack.kernel import append_params
from stack.settings import Misconfigured, flag, log, number, secret, text


def database_url(current):
    """URL of the database, with the password in it."""
    if not flag("IRONIC_USE_MARIADB", False):
        directory = current.data_dir / "db"
        directory.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{directory}/ironic.sqlite"
    password = secret("MARIADB_PASSWORD", "/auth/mariadb/password")
    if not password:
        raise Misconfigured("IRONIC_USE_MARIADB needs a password: mount a secret under /auth/mariadb")
    user = secret("MARIADB_USER", "/auth/mariadb/username") or "ironic"
    host = text("MARIADB_HOST", "127.0.0.1")
    query = {"charset": "utf8"}
    if stack_settings.DATABASE_CA_CERTIFICATE.is_file():
        query["ssl_ca"] = str(stack_settings.DATABASE_CA_CERTIFICATE)
    credentials = ":".join(urllib.parse.quote(part, safe="") for part in (user, password))
    database = urllib.parse.quote(text("MARIADB_DATABASE", "ironic"))
    return f"mysql+pymysql://{credentials}@{host}/{database}?{urllib.parse.urlencode(query)}"


def bmc_authorities(current):
    """One file with the authorities of all BMCs, or None."""
    directory = stack_settings.BMC_CA_CERTIFICATES
    authorities = sorted(file for file in directory.glob("*") if file.is_file()) if directory.is_dir() else []
    if not authorities:
        return None
    bundle = current.conf_dir / "bmc-tls.pem"
    files.write(bundle, "\n".join(file.read_text() for file in authorities))
    return bundle


def configure(current):
    """Writes ironic.conf and what it refers to."""
    ironic_dir = current.conf_dir / "ironic"
    htpasswd_file = ironic_dir / "htpasswd"
    # Behind the proxy, the proxy asks for the password; nobody else reaches the socket.
    protected = bool(current.htpasswd) and not current.reverse_proxy
    if protected:
        files.write(htpasswd_file, f"{current.htpasswd}\n", mode=0o600)
    kernel, ramdisk = current.deploy_images
    files.render(
        "ironic.conf.j2",
        ironic_dir / "ironic.conf",
        mode=0o600,
        s=current,
        auth_strategy="http_basic" if protected else "noauth",
        htpasswd_file=htpasswd_file,
        bmc_ca_file=bmc_authorities(current),
        certificate=stack_settings.CERTIFICATE,
        certificate_key=stack_settings.CERTIFICATE_KEY,
        database=database_url(current),
        deploy_kernel=kernel,
        deploy_ramdisk=ramdisk,
        kernel_append_params=append_params(current),
        ramdisk_log_dir=stack_settings.RAMDISK_LOG_DIR,
        workers=number("NUMWORKERS", 0),
    )
    for directory in (
        stack_settings.HTML_DIR,
        stack_settings.SHARED_DIR / "tmp",
        stack_settings.RAMDISK_LOG_DIR,
        current.data_dir / "auto_gen_certs",
    ):
        directory.mkdir(parents=True, exist_ok=True)
    return ironic_dir


def prepare_database(arguments):
    """Makes the tables of an empty database, or brings older ones up to date. Runs in a process of its own."""
    from ironic.common import service
    from ironic.db import migration
    from oslo_db import exception

    service.prepare_command(arguments)
    limit = number("IRONIC_DBSYNC_TIMEOUT", 600)
    deadline = time.monotonic() + limit
    next_report = time.monotonic() + 5
    while True:
        try:
            version = migration.version()
            break
        except exception.DBError as error:
            now = time.monotonic()
            if limit > 0 and now >= deadline:
                raise Misconfigured(f"after {limit} s the database still refuses: {error}") from error
            if now >= next_report:
                log(f"waiting for the database: {error}")
                next_report = now + 10
            time.sleep(0.2)
    if version is None:
        migration.create_schema()
        log("made the tables of an empty database")
    else:
        migration.upgrade()
        log(f"the database was at version {version}")


def in_child(task, *arguments):
    """Runs a task in a copy of this process, so that no connection or thread of it remains in this one."""
    child = os.fork()
    if child == 0:
        # Never returns into the caller's stack, which belongs to the parent.
        code = 1
        try:
            task(*arguments)
            code = 0
        except Misconfigured as error:
            log(f"FATAL: {error}")
        except Exception:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise Misconfigured("the database could not be prepared")


def main():
    started = time.monotonic()
    current = stack_settings.Settings().resolve_address()
    arguments = ["ironic", "--config-dir", str(configure(current))]
    # Options of the container's environment win over the file, under the names that the file's sections have.
    overridden = sorted(name for name in os.environ if name.startswith("OS_"))
    if overridden:
        log(f"set by the environment: {' '.join(overridden)}")
    if not flag("IRONIC_SKIP_DBSYNC", False):
        in_child(prepare_database, arguments)
        log(f"database ready after {time.monotonic() - started:.1f} s")
    # Traffic to the stack itself never takes a proxy.
    os.environ["NO_PROXY"] = ",".join(filter(None, [text("NO_PROXY"), current.ip]))
    redfish_sessions.remember_keys()
    sys.argv = arguments
    ironic.command.singleprocess.main()
