"""The host's disk: a sparse file whose last 64 MiB are kept for the config drive.

    0 .................................. size - 64 MiB ............ size
    | operating system (ext4, no partition table) | config drive (ISO 9660) |

The kernel of a lab machine reads neither partition tables nor ISO 9660, so the config drive has a fixed place
instead of a partition of its own; the firmware unpacks it there before the operating system starts.
"""

import os

MIB = 1024 * 1024
# Kept in step with lab/host/firmware/disk-boot.sh.
CONFIG_DRIVE_BYTES = 64 * MIB
# What a wipe of the metadata overwrites at the begin of the disk: the boot area and the first superblock.
METADATA_BYTES = 4 * MIB


class DiskFull(Exception):
    """The image does not fit in front of the config drive."""


class Disk:
    """A disk image file. `path` exists and has the disk's size."""

    def __init__(self, path):
        self.path = path
        self.size = os.path.getsize(path)
        self.config_drive_offset = self.size - CONFIG_DRIVE_BYTES

    def wipe_metadata(self):
        """Makes the disk unbootable and its config drive unreadable."""
        with open(self.path, "r+b") as file:
            file.write(bytes(METADATA_BYTES))
            file.seek(self.config_drive_offset)
            file.write(bytes(MIB))
            _sync(file)

    def wipe(self):
        """Gives every block back; what is read afterwards is zero."""
        with open(self.path, "r+b") as file:
            file.truncate(0)
            file.truncate(self.size)
            _sync(file)

    def write_image(self, chunks):
        """Writes the image from the begin of the disk and returns its length in bytes. Runs of zeros stay sparse."""
        self.wipe()
        position = 0
        with open(self.path, "r+b") as file:
            for chunk in chunks:
                position += len(chunk)
                if position > self.config_drive_offset:
                    raise DiskFull(
                        f"the image is longer than the {self.config_drive_offset} bytes in front of the config drive"
                    )
                if chunk.count(0) == len(chunk):
                    file.seek(len(chunk), os.SEEK_CUR)
                else:
                    file.write(chunk)
            _sync(file)
        return position

    def write_config_drive(self, data):
        """Writes the config drive's ISO 9660 image to its place."""
        if len(data) > CONFIG_DRIVE_BYTES:
            raise DiskFull(f"the config drive has {len(data)} bytes, there is room for {CONFIG_DRIVE_BYTES}")
        with open(self.path, "r+b") as file:
            file.seek(self.config_drive_offset)
            file.write(data)
            _sync(file)

    def sync(self):
        """Waits until everything written has reached the file."""
        with open(self.path, "rb") as file:
            os.fsync(file.fileno())


def _sync(file):
    file.flush()
    os.fsync(file.fileno())
