"""The agent's pace on a network without latency and with a handful of hosts.

The stock values spare a conductor that serves thousands of hosts. Here they would only make everybody wait: after an
inspection, for instance, the agent finds its node locked and looks again after 5, 10, then 30 seconds.
"""

import functools
import time

from ironic_python_agent import agent
from ironic_python_agent import errors
from ironic_python_agent import inspector
from ironic_python_agent import ironic_api_client

# A step's end is told to Ironic by a heartbeat, at the earliest so many seconds after the last one (stock: 5).
HEARTBEAT_SECONDS = 1
# Heartbeats without a cause, as a part of Ironic's limit of 300 s for them (stock: 0.3 to 0.6). One that comes while the
# conductor holds the node's lock is dropped, the end of a step with it, and the next one has to tell it again.
HEARTBEAT_SHARE = (0.015, 0.03)
# Pause after a lookup that found the node locked, and longest pause between two lookups (stock: 5 to 30, and 60).
LOOKUP_LOCKED_SECONDS = 1
LOOKUP_SECONDS = 2
# A host of the rack boots in a second or two, before the conductor, which waits for the power to be on, has put the node
# into "inspect wait". Until then Ironic does not know the node as one to be inspected (404), and the stock agent, which
# gives up, would leave it waiting until its inspection times out.
INSPECTION_SECONDS = 60
INSPECTION_PAUSE_SECONDS = 1


def quicken():
    """Sets the pace for agents that are started after this."""
    heartbeater = agent.IronicPythonAgentHeartbeater
    heartbeater.min_heartbeat_interval = HEARTBEAT_SECONDS
    heartbeater.min_jitter_multiplier, heartbeater.max_jitter_multiplier = HEARTBEAT_SHARE
    client = ironic_api_client.APIClient
    client.lookup_lock_pause = LOOKUP_LOCKED_SECONDS
    client.lookup_node = functools.partialmethod(client.lookup_node, max_interval=LOOKUP_SECONDS)
    inspector.call_inspector = _until_expected(inspector.call_inspector)


def _until_expected(call):
    """Posts inspection data again while Ironic does not expect them yet."""
    @functools.wraps(call)
    def post(data, failures):
        deadline = time.monotonic() + INSPECTION_SECONDS
        while True:
            try:
                return call(data, failures)
            except errors.InspectionError as exc:
                if 'error 404' not in str(exc) or time.monotonic() > deadline:
                    raise
                time.sleep(INSPECTION_PAUSE_SECONDS)
    return post
