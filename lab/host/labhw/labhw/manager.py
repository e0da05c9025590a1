"""The lab's hardware manager.

It answers for a container instead of a machine: the inventory is made up, plausible and constant, the disk is a
file. It never looks at a device, so nothing of the machine that the lab runs on can be read or written. The
agent's stock managers are removed from the image; what this class does not override must not touch hardware.
"""

import contextlib
import glob
import io
import os
import tempfile
import time

from ironic_python_agent import errors
from ironic_python_agent import hardware
from ironic_python_agent import partition_utils
from ironic_python_agent import utils
from ironic_python_agent.extensions import base as extensions
from ironic_python_agent.extensions import standby
from oslo_log import log

from labhw import disk
from labhw import pace

LOG = log.getLogger(__name__)

# How much of a console or agent log is handed to Ironic after a deployment.
LOG_TAIL_BYTES = 2 * disk.MIB


def _setting(name, default):
    """Setting of this host from the power controller, LAB_<name> in the environment."""
    return os.environ.get("LAB_" + name, default)


def _read(path):
    with open(path) as file:
        return file.read().strip()


class LabHardwareManager(hardware.GenericHardwareManager):
    HARDWARE_MANAGER_NAME = "lab"
    HARDWARE_MANAGER_VERSION = "1"

    def evaluate_hardware_support(self):
        return hardware.HardwareSupport.SERVICE_PROVIDER

    def initialize(self):
        # The stock one loads kernel modules, assembles md and multipath devices and waits for disks.
        pace.quicken()

    # ---- inventory

    def list_network_interfaces(self):
        # The stock one skips interfaces without a device below them, which is what a container has.
        interfaces = []
        for path in sorted(glob.glob("/sys/class/net/eth*")):
            name = os.path.basename(path)
            interfaces.append(
                hardware.NetworkInterface(
                    name,
                    _read(path + "/address"),
                    ipv4_address=self.get_ipv4_addr(name),
                    ipv6_address=None,
                    has_carrier=_read(path + "/carrier") == "1",
                    lldp=None,
                    vendor="0x8086",
                    product="0x1572",
                    client_id=None,
                    biosdevname=None,
                    speed_mbps=10000,
                    pci_address="0000:3b:00.0",
                    driver="i40e",
                )
            )
        return interfaces

    def get_interface_info(self, interface_name):
        for interface in self.list_network_interfaces():
            if interface.name == interface_name:
                return interface
        raise errors.HardwareManagerMethodNotFound("get_interface_info")

    def collect_lldp_data(self, interface_names=None):
        return {}

    def get_cpus(self):
        return hardware.CPU(
            model_name="Intel(R) Xeon(R) Gold 6354 CPU @ 3.00GHz",
            frequency="3000.0",
            count=int(_setting("CPUS", "8")),
            architecture="x86_64",
            flags=["fpu", "vme", "aes", "avx2"],
            socket_count=1,
        )

    def get_memory(self):
        mebibytes = int(_setting("MEMORY_MIB", "32768"))
        return hardware.Memory(mebibytes * disk.MIB, mebibytes)

    def list_block_devices(self, include_partitions=False, all_serial_and_wwn=False):
        return [
            hardware.BlockDevice(
                "/dev/sda",
                "LAB-SSD",
                self._disk().size,
                False,
                wwn="0x5000c500a0000001",
                serial=_setting("SERIAL", "LAB0001") + "-D0",
                vendor="LAB",
                hctl="0:0:0:0",
                by_path="/dev/disk/by-path/pci-0000:18:00.0-scsi-0:0:0:0",
            )
        ]

    def list_block_devices_check_skip_list(self, node, include_partitions=False, all_serial_and_wwn=False):
        return self.list_block_devices()

    def get_os_install_device(self, permit_refresh=False):
        return self._disk().path

    def get_system_vendor_info(self):
        return hardware.SystemVendorInfo(
            "Lab Container Host",
            _setting("SERIAL", "LAB0001"),
            "Lab",
            hardware.SystemFirmware("Lab", "1.0", "01/01/2026"),
        )

    def get_boot_info(self):
        return hardware.BootInfo(
            current_boot_mode="uefi",
            pxe_interface=utils.get_agent_params().get("BOOTIF"),
        )

    def get_usb_devices(self):
        return []

    def get_bmc_address(self):
        return _setting("BMC", "0.0.0.0")

    def get_bmc_mac(self):
        raise errors.IncompatibleHardwareMethodError("the BMC's MAC address cannot be seen from the host")

    def get_bmc_v6address(self):
        return None

    def _cached_lshw(self):
        return contextlib.nullcontext()

    # ---- steps

    def get_clean_steps(self, node, ports):
        return [
            {
                "step": "erase_devices_metadata",
                "priority": 99,
                "interface": "deploy",
                "reboot_requested": False,
                "abortable": True,
            }
        ]

    def get_deploy_steps(self, node, ports):
        return [{"step": "write_image", "priority": 0, "interface": "deploy", "reboot_requested": False}]

    def get_service_steps(self, node, ports):
        return []

    def erase_devices_metadata(self, node, ports):
        self._disk().wipe_metadata()
        LOG.info("wiped the metadata of the disk")

    def erase_devices(self, node, ports):
        self._disk().wipe()
        LOG.info("wiped the disk")

    def erase_devices_express(self, node, ports):
        self.erase_devices_metadata(node, ports)

    def erase_block_device(self, node, block_device):
        raise errors.IncompatibleHardwareMethodError("a single device is not erased on this hardware")

    def write_image(self, node, ports, image_info, configdrive=None):
        """The stock deploy step's contract, with a file in place of a device.

        The download and the checksum are the agent's own, so a wrong checksum fails the deployment as it does on
        hardware. Nothing of the image is bootable until its checksum was found right.
        """
        configdrive = configdrive or image_info.get("configdrive")
        target = self._disk()
        begin = time.time()
        standby._validate_image_info(None, image_info)
        download = standby.ImageDownload(image_info, time_obj=begin)
        try:
            length = target.write_image(download)
            download.verify_image(target.path)
        except disk.DiskFull as failure:
            target.wipe_metadata()
            raise errors.ImageWriteError(target.path, 1, "", str(failure))
        except Exception:
            target.wipe_metadata()
            raise
        written = time.time() - begin
        if configdrive:
            self._write_config_drive(target, configdrive, node)
        # Ironic asks for them when it prepares the boot from the disk; the image has no partitions.
        extensions.get_extension("standby").partition_uuids = {}
        message = "image {} ({} bytes) written and verified in {:.1f} s, config drive: {}".format(
            image_info["id"], length, written, "yes" if configdrive else "no"
        )
        LOG.info(message)
        return message

    def _write_config_drive(self, target, configdrive, node):
        with tempfile.TemporaryDirectory() as folder:
            _, path = partition_utils.get_configdrive(configdrive, node.get("uuid", "local"), tempdir=folder)
            with open(path, "rb") as file:
                data = file.read()
        try:
            target.write_config_drive(data)
        except disk.DiskFull as failure:
            raise errors.InstanceDeployFailure(str(failure))

    def full_sync(self):
        self._disk().sync()

    def collect_system_logs(self, io_dict, file_list):
        folder = _setting("CONSOLE_DIR", "/console")
        for name in ("agent.log", "console.log"):
            path = os.path.join(folder, name)
            if os.path.exists(path):
                with open(path, "rb") as file:
                    file.seek(max(0, os.path.getsize(path) - LOG_TAIL_BYTES))
                    io_dict[name] = io.BytesIO(file.read())

    @staticmethod
    def _disk():
        return disk.Disk(_setting("DISK", "/disks/disk0.raw"))
