"""Keys of Ironic's Redfish sessions, each derived once."""

import functools
import hashlib


def remember_keys():
    """Keeps what pbkdf2_hmac returns, in the memory of this process.

    Ironic knows a BMC's session by a key that it derives from the password (`SessionCache` in
    ironic/drivers/modules/redfish/utils.py), at every request anew: half a second of a core each, a minute of a bring-up
    of three hosts. The same arguments give the same key.
    """
    hashlib.pbkdf2_hmac = functools.lru_cache(maxsize=1024)(hashlib.pbkdf2_hmac)
