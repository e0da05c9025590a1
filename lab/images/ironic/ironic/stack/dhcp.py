"""`rundnsmasq`: DHCP and TFTP on the provisioning network."""

import os
import pathlib
import shutil

from stack import files, settings as stack_settings
from stack.settings import number, text


def listed(name, separator):
    return [item.strip() for item in text(name).split(separator) if item.strip()]


def main():
    current = stack_settings.Settings().resolve_address()
    stack_settings.TFTP_DIR.mkdir(parents=True, exist_ok=True)
    for firmware in pathlib.Path("/tftpboot").iterdir():
        shutil.copyfile(firmware, stack_settings.TFTP_DIR / firmware.name)
    leases = current.data_dir / "dnsmasq/dnsmasq.leases"
    leases.parent.mkdir(parents=True, exist_ok=True)
    leases.touch()
    dns_ip = text("DNS_IP")
    configuration = current.conf_dir / "dnsmasq/dnsmasq.conf"
    files.render(
        "dnsmasq.conf.j2",
        configuration,
        s=current,
        dns_ip=current.ip if dns_ip == "provisioning" else dns_ip,
        dns_port=number("DNS_PORT", 0),
        except_interfaces=listed("DNSMASQ_EXCEPT_INTERFACE", ",") or ["lo"],
        gateway=text("GATEWAY_IP"),
        hosts=listed("DHCP_HOSTS", ";"),
        ignore=text("DHCP_IGNORE"),
        leases=leases,
        options=listed("DHCP_OPTIONS", ";"),
        ranges=listed("DHCP_RANGE", ";"),
    )
    # Stays in the foreground as the user it is; its file capabilities open the ports.
    os.execv("/usr/sbin/dnsmasq", ["dnsmasq", "--no-daemon", "--quiet-dhcp", f"--conf-file={configuration}"])
