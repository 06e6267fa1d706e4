"""The hosts and paths of the three services, as moto wants them."""

from _personalize_simulator_hooks import OURS
from simulator.aws.moto_service.responses import dispatch

url_bases = [OURS.pattern]

url_paths = {
    "{0}/$": dispatch,
    "{0}/events$": dispatch,
    "{0}/items$": dispatch,
    "{0}/users$": dispatch,
    "{0}/actions$": dispatch,
    "{0}/action-interactions$": dispatch,
    "{0}/recommendations$": dispatch,
    "{0}/personalize-ranking$": dispatch,
    "{0}/action-recommendations$": dispatch,
}
