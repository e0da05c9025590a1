"""Kernel parameters of the RAM disk that all ways to boot it share."""


def append_params(settings):
    parts = ["nofb", "nomodeset", "vga=normal", f"ipa-insecure={settings.ipa_insecure}"]
    if settings.ssh_key:
        parts.append(f'sshkey="{settings.ssh_key}"')
    if settings.kernel_params:
        parts.append(settings.kernel_params)
    parts.append("systemd.journald.forward_to_console=yes")
    return " ".join(parts)
