"""The 40 commonest searches, population-wide and per patient: median and p99, and what a page far back costs beside the first.

Whoever knows no selective criterion is said so: it may take as long as what it goes through.
"""
import datetime
import http.client
import json
import random
import statistics
import time

LOINC = "http://loinc.org%7C"
# path, whether a criterion is selective
COMMONEST = [
    ("Patient/p1", True),
    ("Patient?identifier=urn:x%7C17", True),
    ("Patient?_id=p1,p2,p3", True),
    ("Patient?family=berg1", True),
    ("Patient?name=berg&birthdate=1950-01-11", True),
    ("Patient?name:contains=er&_count=20", False),
    ("Patient?gender=male&birthdate=ge1950&_sort=family&_count=20", False),
    ("Patient?birthdate=ge1950-01-01&birthdate=lt1950-03-01", True),
    ("Patient?_has:Observation:patient:value-quantity=gt119&_count=20", False),
    ("Patient?_id=p1&_revinclude=Observation:patient&_count=20", True),
    ("Patient/p1/Observation?_count=20", True),
    ("Patient/p1/$everything?_count=50", True),
    ("Observation/$lastn?patient=p1", True),
    ("Observation?patient=p1&_count=20", True),
    (f"Observation?patient=p1&code={LOINC}8867-4&_count=20", True),
    ("Observation?patient=p1&code=8867-4&_sort=-date&_count=1", True),
    ("Observation?patient=p1&date=ge2024-03-01&_sort=-date&_count=20", True),
    ("Observation?patient=p1&date=ge2024-03-01&date=lt2024-03-08", True),
    ("Observation?patient=p1&category=vital-signs&_sort=-date&_count=20", True),
    ("Observation?patient=p1&value-quantity=gt115&_count=20", True),
    ("Observation?patient=p1&_include=Observation:patient&_count=20", True),
    ("Observation?patient=p1&code=8867-4&_summary=count", True),
    ("Observation?subject=Patient/p1&status=final&_total=accurate&_count=20", True),
    ("Observation?patient.identifier=urn:x%7C17&_count=20", True),
    ("Observation?patient.family=berg1&_count=20", True),
    (f"Observation?patient.gender=female&code={LOINC}8867-4&_count=20", False),
    ("Observation?code=8867-4&_count=20", False),
    ("Observation?code=8867-4&_sort=-date&_count=20", False),
    ("Observation?code=8867-4,29463-7&_sort=-date&_count=20", False),
    ("Observation?code:not=8867-4&_count=20", False),
    (f"Observation?code={LOINC}8867-4&date=ge2024-01-02&date=lt2024-01-03", True),
    ("Observation?date=2024-01-02&code=8867-4&_count=20", True),
    ("Observation?date=ge2024-01-02T10:00:00Z&date=lt2024-01-02T12:00:00Z&_count=20", True),
    ("Observation?code=8867-4&value-quantity=gt118&_count=20", False),
    ("Observation?code-value-quantity=8867-4$gt118&_count=20", False),
    ("Observation?value-quantity=gt119%7Chttp://unitsofmeasure.org%7C/min&_count=20", False),
    ("Observation?_sort=-date&_count=20", False),
    ("Observation?_sort=-_lastUpdated&_count=20", False),
    ("Observation?_lastUpdated=gt2020&_sort=_lastUpdated&_count=20", False),
    (f"Observation?code={LOINC}8867-4&_summary=count", False),
]


def fill(file, observations):
    """A resource a line, always the same: one patient to two hundred readings, a reading a minute."""
    pick = random.Random(1)
    patients = max(observations // 200, 10)
    with open(file, "w") as out:
        for i in range(patients):
            out.write(json.dumps({"resourceType": "Patient", "id": f"p{i}", "identifier": [{"system": "urn:x", "value": str(i)}],
                                  "gender": pick.choice(["male", "female"]),
                                  "birthDate": f"19{pick.randint(30, 99)}-0{pick.randint(1, 9)}-1{pick.randint(0, 9)}",
                                  "name": [{"family": pick.choice(["Aas", "Berg", "Dahl", "Lie", "Moe"]) + str(i % 997)}]}) + "\n")
        at = datetime.datetime(2024, 1, 1)
        for i in range(observations):
            at += datetime.timedelta(minutes=1)
            out.write(json.dumps({"resourceType": "Observation", "id": f"o{i}", "status": "final",
                                  "category": [{"coding": [{"code": "vital-signs"}]}],
                                  "code": {"coding": [{"system": "http://loinc.org", "code": pick.choice(["8867-4", "29463-7", "2708-6"])}]},
                                  "subject": {"reference": f"Patient/p{pick.randrange(patients)}"},
                                  "effectiveDateTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                                  "valueQuantity": {"value": pick.randint(40, 120), "unit": "/min",
                                                    "system": "http://unitsofmeasure.org", "code": "/min"}}) + "\n")


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path):
        began = time.perf_counter()
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        body = answer.read()
        took = 1000 * (time.perf_counter() - began)
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:300]!r}")
        return took, body


def measure(port, times):
    """By path the median and the p99 in milliseconds, of one connection; the first answer of each is not counted."""
    client, found = Client(port), {}
    for path, _ in COMMONEST:
        client.get("/fhir/" + path)
        took = sorted(client.get("/fhir/" + path)[0] for _ in range(times))
        found[path] = statistics.median(took), took[min(len(took) - 1, int(len(took) * 0.99))]
    return found


def page_costs(port, pages, times):
    """What the first page and that many pages later cost, in milliseconds."""
    client = Client(port)

    def link(body):
        return next((one["url"] for one in json.loads(body)["link"] if one["relation"] == "next"), None)

    def median(path):
        return statistics.median(client.get(path)[0] for _ in range(times))

    first = "/fhir/Observation?code=8867-4&_count=20"
    path = first
    for _ in range(pages - 1):
        url = link(client.get(path)[1])
        if not url:
            break
        path = url[url.index("/fhir/"):]
    # By turns, so that what else the machine does hits both.
    costs = [(median(first), median(path)) for _ in range(5)]
    return min(one for one, _ in costs), min(other for _, other in costs)
