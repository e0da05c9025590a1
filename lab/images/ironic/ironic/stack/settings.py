"""
Settings of one container, read from the environment and from what is mounted.

Names, defaults and mount points are those of the official image (metal3-io/ironic-image), so that one pod spec fits both.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time

CONF_DIR = pathlib.Path(os.environ.get("CUSTOM_CONFIG_DIR", "/conf"))
DATA_DIR = pathlib.Path(os.environ.get("CUSTOM_DATA_DIR", "/data"))
SHARED_DIR = pathlib.Path("/shared")
HTML_DIR = SHARED_DIR / "html"
IMAGES_DIR = HTML_DIR / "images"
TFTP_DIR = SHARED_DIR / "tftpboot"
RAMDISK_LOG_DIR = SHARED_DIR / "log/ironic/deploy"

CERTIFICATE = pathlib.Path("/certs/ironic/tls.crt")
CERTIFICATE_KEY = pathlib.Path("/certs/ironic/tls.key")
CA_CERTIFICATE = pathlib.Path("/certs/ca/ironic/tls.crt")
DATABASE_CA_CERTIFICATE = pathlib.Path("/certs/ca/mariadb/tls.crt")
BMC_CA_CERTIFICATES = pathlib.Path("/certs/ca/bmc")


class Misconfigured(Exception):
    """The environment or the mounts contradict themselves; no retry helps."""


def log(message):
    """Says a line on standard error, where it does not mix with a rendered file."""
    print(message, file=sys.stderr, flush=True)


def text(name, default=""):
    return os.environ.get(name) or default


def flag(name, default):
    return text(name, str(default)).lower() == "true"


def number(name, default):
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise Misconfigured(f"{name} must be a whole number, not {value!r}") from None


def secret(name, path):
    """A secret from its mounted file, or from the (older) variable."""
    file = pathlib.Path(path)
    value = os.environ.get(name) or (file.read_text() if file.is_file() else "")
    return value.strip()


class Settings:
    """Everything that can be known before the endpoint address exists."""

    def __init__(self):
        self.conf_dir = CONF_DIR
        self.data_dir = DATA_DIR
        self.http_port = number("HTTP_PORT", 80)
        self.access_port = number("IRONIC_ACCESS_PORT", 6385)
        self.listen_port = number("IRONIC_LISTEN_PORT", self.access_port)
        self.private_port = text("IRONIC_PRIVATE_PORT", "unix")
        self.listen_all = flag("LISTEN_ALL_INTERFACES", True)
        if CERTIFICATE.is_file() != CERTIFICATE_KEY.is_file():
            raise Misconfigured(f"{CERTIFICATE} and {CERTIFICATE_KEY} must both be mounted, or neither")
        # A container without the key (the API behind the proxy) knows by the authority that there is TLS.
        self.tls = CERTIFICATE.is_file() or CA_CERTIFICATE.is_file()
        self.scheme = "https" if self.tls else "http"
        self.reverse_proxy = self.tls and flag("IRONIC_REVERSE_PROXY_SETUP", False)
        self.serve_images = flag("HTTPD_SERVE_NODE_IMAGES", True)
        self.fast_track = flag("IRONIC_FAST_TRACK", True)
        self.automated_clean = flag("IRONIC_AUTOMATED_CLEAN", True)
        self.kernel_params = text("IRONIC_KERNEL_PARAMS").strip()
        self.ipa_insecure = text("IRONIC_IPA_INSECURE", "1")
        self.ssh_key = text("IRONIC_RAMDISK_SSH_KEY").strip()
        self.collectors = text("IRONIC_IPA_COLLECTORS", "default,logs")
        self.vlan_interfaces = text("IRONIC_ENABLE_VLAN_INTERFACES", text("IRONIC_INSPECTOR_VLAN_INTERFACES", "all"))
        self.interface = text("PROVISIONING_INTERFACE")
        self.ip = ""

    @property
    def htpasswd(self):
        """Users of the API, one bcrypt line each; empty if the API is open."""
        return secret("IRONIC_HTPASSWD", "/auth/ironic/htpasswd")

    @property
    def deploy_images(self):
        """URLs of the RAM disk's kernel and initramfs; the downloaded ones by default."""
        downloaded = [IMAGES_DIR / f"ironic-python-agent.{part}" for part in ("kernel", "initramfs")]
        given = [text("DEPLOY_KERNEL_URL"), text("DEPLOY_RAMDISK_URL")]
        if any(given):
            return given
        return [file.as_uri() for file in downloaded] if all(file.is_file() for file in downloaded) else ["", ""]

    def resolve_address(self):
        """Waits until the endpoint address is on an interface; then everything that contains it is known."""
        limit = number("IRONIC_IP_WAIT_TIMEOUT", 1200)
        wanted = text("IRONIC_IP") or text("PROVISIONING_IP")
        if not wanted and not self.interface:
            raise Misconfigured("PROVISIONING_IP or PROVISIONING_INTERFACE must be set")
        subject = wanted or f"an address of {self.interface}"
        deadline = time.monotonic() + limit
        next_report = 0.0
        while True:
            found = find_address(wanted, self.interface)
            if found is not None:
                break
            now = time.monotonic()
            if limit > 0 and now >= deadline:
                raise Misconfigured(f"after {limit} s, {subject} is on no interface: is keepalived running on this node?")
            if now >= next_report:
                log(f"waiting for {subject}")
                next_report = now + 10
            time.sleep(0.1)
        self.ip, self.interface = found
        self.url_host = f"[{self.ip}]" if ":" in self.ip else self.ip
        self.http_url = text("IRONIC_HTTP_URL", f"http://{self.url_host}:{self.http_port}")
        self.base_url = text("IRONIC_BASE_URL", f"{self.scheme}://{self.url_host}:{self.access_port}")
        self.conductor_host = text("IRONIC_CONDUCTOR_HOST", self.ip)
        log(f"{self.ip} is on {self.interface}")
        return self


def find_address(wanted, interface):
    """The address and its interface, or None while it is not there."""
    if wanted and not is_local(wanted):
        return None
    command = ["ip", "-json", "address", "show"] + (["dev", interface] if interface and not wanted else [])
    listed = subprocess.run(command, capture_output=True, text=True)
    if listed.returncode != 0:
        return None
    for link in json.loads(listed.stdout or "[]"):
        for address in link.get("addr_info", []):
            local = address.get("local")
            if local == wanted or (not wanted and address.get("scope") == "global"):
                return local, link["ifname"]
    return None


def is_local(address):
    """Whether the machine has the address: only then can a socket be bound to it. Cheaper than asking `ip`."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except socket.gaierror:
        raise Misconfigured(f"{address!r} is not an IP address") from None
    except OSError:
        return False
    return True
