"""The rack's Redfish BMCs: sushy-tools' emulator with its fake driver, made dependable.

What differs from the stock driver:

* A change is announced to the power controller BEFORE it is stored. Where the controller cannot be reached, the
  Redfish request fails and nothing has changed, as with a BMC that is busy: no power change is ever lost.
* Requests for a system are served one after another. The stock driver reads, changes and writes back without a
  lock, so that a read which applies a pending power change can undo a boot device that is being set.
* The artificial delay of a power change (1 to 11 s in the stock driver) is a setting, BMC_POWER_DELAY_SECONDS,
  a number or a range such as "1-11"; default 0: the change has happened when the request is answered.
* A system whose faults (FAULT_FOLDER/<name>.json, see lab/control/faults.ts) name "bmc-login" refuses every login.

Configuration: sushy-tools' own file, named by SUSHY_EMULATOR_CONFIG.
"""

import functools
import json
import os
import random
import sys
import threading
import time

import flask
import requests
from sushy_tools import error
from sushy_tools.emulator import main
from sushy_tools.emulator.resources.systems import fakedriver

# How long a change waits for the power controller (which may just be restarting) before the request fails.
NOTIFY_LIMIT_SECONDS = 10

# One file for each system that is faulty, a JSON list of names.
FAULT_FOLDER = "/faults"

_lock = threading.RLock()


class _Delay:
    """Stands in for the `random` module that the stock driver takes its delay from."""

    def __init__(self, text):
        low, _, high = text.partition("-")
        self.low, self.high = int(low), int(high or low)

    def randint(self, _low, _high):
        return random.randint(self.low, self.high)


class RackBmcDriver(fakedriver.FakeDriver):
    """The fake driver with changes that are announced first, and one request at a time."""

    def set_power_state(self, identity, state):
        super().set_power_state(identity, state)
        self._get(identity)  # a pending change is applied by a read; without a delay it is due at once

    def _update(self, system, **changes):
        if isinstance(system, str):
            system = self._get(system)
        system.update(changes)
        if system.get("external_notifier"):
            self._announce(system)
        self._systems[system["uuid"]] = system

    def _announce(self, system):
        url = self._config["EXTERNAL_NOTIFICATION_URL"]
        deadline = time.monotonic() + NOTIFY_LIMIT_SECONDS
        while True:
            try:
                answer = requests.put(url, json=system, timeout=5)
                if answer.status_code < 400:
                    return
                problem = f"answered {answer.status_code}: {answer.text}"
            except requests.RequestException as failure:
                problem = str(failure)
            if time.monotonic() > deadline:
                raise error.FishyError(f"the power controller at {url} did not take the change: {problem}")
            time.sleep(0.5)


def _one_at_a_time(method):
    @functools.wraps(method)
    def locked(*args, **kwargs):
        with _lock:
            return method(*args, **kwargs)

    return locked


for _name in ("_get", "set_power_state", "set_boot_device", "set_boot_mode", "set_secure_boot", "set_boot_image"):
    setattr(RackBmcDriver, _name, _one_at_a_time(getattr(RackBmcDriver, _name)))


def _faults(name):
    try:
        with open(os.path.join(FAULT_FOLDER, name + ".json")) as file:
            return json.load(file)
    except FileNotFoundError:
        return []


@main.app.before_request
def _refuse_login():
    """Answers as a BMC does whose password is another one, for every resource of the system."""
    places = flask.request.path.split("/")
    for system in main.app.config["SUSHY_EMULATOR_FAKE_SYSTEMS"]:
        if system["uuid"] in places and "bmc-login" in _faults(system["name"]):
            message = "While accessing the resource, the service received an authorization error: unauthorized."
            body = {"error": {"code": "Base.1.0.ResourceAtUriUnauthorized", "message": message}}
            return flask.jsonify(body), 401, {"WWW-Authenticate": 'Basic realm="BMC"'}
    return None


if __name__ == "__main__":
    fakedriver.FakeDriver = RackBmcDriver
    fakedriver.random = _Delay(os.environ.get("BMC_POWER_DELAY_SECONDS", "0"))
    sys.argv[1:] = ["--config", os.environ["SUSHY_EMULATOR_CONFIG"]]
    sys.exit(main.main())
