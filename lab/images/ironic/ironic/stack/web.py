"""`runhttpd`: images and boot scripts over HTTP, and the API over TLS."""

import os

from stack import files, settings as stack_settings
from stack.kernel import append_params


def main():
    current = stack_settings.Settings().resolve_address()
    stack_settings.IMAGES_DIR.mkdir(parents=True, exist_ok=True)
    files.render(
        "inspector.ipxe.j2",
        stack_settings.HTML_DIR / "inspector.ipxe",
        s=current,
        kernel_append_params=append_params(current),
    )
    tmp = current.data_dir / "tmp"
    tmp.mkdir(parents=True, exist_ok=True)
    web_dir = current.conf_dir / "httpd"
    htpasswd_file = None
    if current.htpasswd:
        htpasswd_file = web_dir / "htpasswd"
        files.write(htpasswd_file, f"{current.htpasswd}\n", mode=0o600)
    configuration = web_dir / "nginx.conf"
    files.render(
        "nginx.conf.j2",
        configuration,
        s=current,
        tmp=tmp,
        listen=("[::]" if ":" in current.ip else "0.0.0.0") if current.listen_all else current.url_host,
        certificate=stack_settings.CERTIFICATE,
        certificate_key=stack_settings.CERTIFICATE_KEY,
        htpasswd_file=htpasswd_file,
    )
    # `-e`: before it has read the file, nginx logs where only root may write.
    os.execv("/usr/sbin/nginx", ["nginx", "-e", "stderr", "-c", str(configuration)])
