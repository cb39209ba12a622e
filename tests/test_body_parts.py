"""Regions of the body: named in requests, given as injured in case summaries. All texts are invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder import body_parts
from tests import corpus

REGIONS = corpus.known().vocabularies["body-part"]


@pytest.mark.parametrize(
    ("request_", "regions"),
    [
        ("MRI of the lumbar spine", ["low-back"]),
        ("PT 2X4 FOR THE L/S", ["low-back"]),
        ("MRI FOR THE C/S AND L/S", ["neck", "low-back"]),  # one request, two regions
        ("Epidural injection at L5-S1 under fluoroscopy", ["low-back"]),  # a level implies the region
        ("Interlaminar epidural C5-6", ["neck"]),
        ("C7-T1 interlaminar injection", ["neck"]),
        ("Facet block T8-9", ["upper-back"]),
        ("EMG/NCV BLE", ["lower-extremity"]),
        ("NCS/EMG RUE", ["upper-extremity"]),
        ("Right shoulder arthroscopy with RCR", ["shoulder"]),
        ("Carpal tunnel release", ["wrist-hand"]),
        ("TFCC repair", ["wrist-hand"]),
        ("Right SI joint injection", ["low-back"]),
        ("Inguinal hernia repair", ["abdomen"]),  # not the groin: the longer name stands
        ("Hearing aids, bilateral", ["ear"]),
        ("Night guard for TMJ", ["face-jaw"]),
        ("Eye movement desensitization and reprocessing, 6 sessions", []),  # the name of a therapy
        ("Back brace", ["low-back"]),
        ("Physical therapy for the back", ["upper-back", "low-back"]),  # nothing tells which part
        ("MRI of the spine", []),
        ("Norco 10/325mg #60", []),
        ("Biofeedback, 6 sessions", []),
        ("Omeprazole 20mg, one by mouth daily", []),
        ("Cold pack", []),
        ("Bilateral wrist and hand therapy", ["wrist-hand"]),
        ("Thoracic outlet syndrome release", ["shoulder"]),
        ("Custom orthotics for plantar fasciitis", ["ankle-foot"]),
        ("Lower leg compression sleeve", ["ankle-foot"]),
        ("Comprehensive psychological testing", ["psyche"]),
        ("Physical therapy for the right-hand dominant patient", []),
        ("Cervical laminectomy C3-6", ["neck"]),
        ("Cervical epidural for post-laminectomy syndrome", ["neck", "low-back"]),  # named both ways: nothing is guessed away
        ("Postlaminectomy syndrome, medication", ["low-back"]),
        ("T10 laminectomy", ["upper-back"]),
        ("T7 kyphoplasty", ["upper-back"]),
        ("TLSO brace", ["upper-back", "low-back"]),
        ("LS brace", ["low-back"]),
        ("Mini C-arm", []),
        ("ORIF of a femoral neck fracture", ["hip-pelvis"]),
        ("Humeral head replacement", ["shoulder"]),
        ("Metatarsal head resection", ["ankle-foot"]),
        ("Bilateral CTR", ["wrist-hand"]),
        ("EMG of the BUEs", ["upper-extremity"]),
        ("Naloxone nasal spray", []),
        ("Sleep Number bed", []),
        ("Cognitive behavior therapy", ["psyche"]),
        ("Genicular nerve block", ["knee"]),
    ],
)
def test_a_request_names_its_regions(request_: str, regions: list[str]) -> None:
    assert list(body_parts.requested(request_, REGIONS)[0]) == regions


def test_back_alone_is_the_part_of_the_back_that_is_injured() -> None:
    assert body_parts.requested("Chiropractic for the back", REGIONS, ("neck", "low-back"))[0] == ("low-back",)


@pytest.mark.parametrize(
    ("summary", "regions"),
    [
        ("The worker is being treated for a strain of the right shoulder.", ["shoulder"]),
        ("He was hurt when a pallet kicked back; the diagnosis is a sprained wrist.", ["wrist-hand"]),
        ("She injured the left knee when her foot slipped off a ladder.", ["knee"]),
        ("She complains of tailbone pain with bowel movements.", ["hip-pelvis"]),
        ("The survey said that pain is less and that she sleeps better.", []),
        ("He is treated for hypertension aggravated by work, and gastritis.", ["abdomen", "whole-body"]),
        ("She is followed by an internist for hypertension.", ["whole-body"]),
        ("He was diagnosed with an infected bite of the hand with cellulitis.", ["wrist-hand"]),
        ("He was diagnosed with cellulitis.", ["whole-body"]),
        ("There is a carpal tunnel release in 1999 which was not industrial. She has knee pain.", ["knee"]),
        ("The neck and the elbows were noted to be asymptomatic; there is knee pain.", ["knee"]),
        ("Full motion of the knee; shoulder scars were seen.", []),
        ("He has a cough and chest tightness on stairs.", ["chest"]),
        ("She complained of low back pain radiating to the left leg.", ["low-back", "lower-extremity"]),
        # numbers of a list end no sentence
        (
            "His diagnoses include the following: 1. Lumbar disc herniation. 2. Chondromalacia patella. 3. Cervical spondylosis.",
            ["neck", "low-back", "knee"],
        ),
        ("Plan: 1. MRI of the knee. 2. Lumbar brace.", []),
        # a disease is named, whatever verb stands with it
        ("The patient has lumbar disc disease.", ["low-back"]),
        ("Carpal tunnel syndrome.", ["wrist-hand"]),
        ("There is GERD and asthma due to mold.", ["chest", "abdomen"]),
        ("Injuries: neck, low back.", ["neck", "low-back"]),
        ("He fell onto his right shoulder.", ["shoulder"]),
        ("Accepted body parts include the knee and the psyche.", ["knee", "psyche"]),
        ("The injured worker wears a knee sleeve.", []),  # injured, but not said where
        ("He was pulling a pallet when he felt sharp pain in the right shoulder and neck.", ["neck", "shoulder"]),
        ("She is status post right shoulder surgery.", ["shoulder"]),
        ("There is no injury to the knees; the low back hurts.", ["low-back"]),
        ("He denies any prior injuries to the neck. He has shoulder pain.", ["shoulder"]),
        (
            "Displacement of cervical disc without myelopathy, lumbar sprain, and shoulder sprain.",
            ["neck", "low-back", "shoulder"],
        ),
        ("Complaints: the wrist. Neck, back, and hip are without complaints.", ["wrist-hand"]),
        ("He hit the back of his head and complains of headaches.", ["head"]),
        ("He has GERD which is unrelated.", []),
        ("He fell on an outstretched hand and sprained the elbow.", ["elbow"]),
        ("She was diagnosed with CRPS of the left hand.", ["wrist-hand"]),  # the limb that has it
        ("The diagnosis is sacroiliitis.", ["low-back"]),
        (
            "There is documentation of subjective (low back pain) and objective (tender knee) findings, current diagnoses (lumbar strain), "
            "and treatment to date (wrist brace).",
            ["low-back"],
        ),
        ("She complained of neck pain. She denied any numbness of the arms.", ["neck"]),
        ("He reports knee pain without swelling of the ankle.", ["knee"]),
        ("He reports no leg pain but has pain in the elbow.", ["elbow"]),
        ("Diagnoses include carpal tunnel syndrome. Examination showed tenderness of the elbow.", ["wrist-hand"]),
        ("He complained of knee pain. An MRI of the lumbar spine was normal.", ["knee"]),
        ("Treatment to date has included physical therapy for the neck. He has ongoing hip pain.", ["hip-pelvis"]),
        ("The request for a cervical MRI was non-certified. The current diagnosis is lumbar sprain.", ["low-back"]),
        ("Past medical history includes a shoulder operation. He presents with wrist pain.", ["wrist-hand"]),
        ("Her pain is aggravated by turning the head. She reports neck pain.", ["neck"]),
        ("He was diagnosed with depression and insomnia.", ["psyche", "whole-body"]),
        # sleeplessness that comes of a troubled mind is no disease apart
        ("He was diagnosed with depression and insomnia related to anxiety.", ["psyche"]),
        ("She reports anxiety, insomnia and stress due to her inability to work. She is treated for insomnia.", ["psyche"]),
        ("She is treated by internal medicine for industrially aggravated diabetes.", ["whole-body"]),
        ("Left shoulder pain is worse when she reaches behind her back.", ["shoulder"]),
        ("He was diagnosed with chronic hives.", ["whole-body"]),
        ("She fell and was diagnosed with rib fractures T7-8.", ["chest"]),
        ("A sprain of the quadriceps tendon was diagnosed.", ["knee"]),
        ("He fell on his head while his eyes were open.", ["head"]),
        ("Per the progress report (PR-2) on 1-2-16, exam noted full neck motion.", []),
        ("He denied rash, joint pain, and headache.", []),  # the `he` of headache begins no clause
        ("He denied being struck on the head, and complains of neck pain.", ["neck"]),
        ("An old fracture of the wrist from a childhood fall was mentioned.", []),
        ("He has pain in the thumb and antibiotics by PICC line in the right upper arm.", ["wrist-hand"]),
        ("He has burns of the foot; a graft from the left thigh took well.", ["ankle-foot"]),
        ("She was burnt; the diagnosis is burns.", ["whole-body"]),
        ("A puncture wound of the finger was diagnosed; hepatitis B testing was negative.", ["wrist-hand"]),
        ("Elbows: no complaints. The knee is painful.", ["knee"]),
        ("The worker is treated for a lumbar sprain, stress, and gastritis.", ["low-back", "abdomen", "psyche"]),
        ("He fell from a 10 foot ladder and sustained a rib fracture.", ["chest"]),
        ("She complained of worsening back pain. Diagnosis: lumbar strain.", ["low-back"]),
        ("He was treated for a hand laceration.He reports thumb numbness.", ["wrist-hand"]),  # a blank is missing
        ("", []),
    ],
)
def test_a_summary_tells_what_is_injured(summary: str, regions: list[str]) -> None:
    assert list(body_parts.injured([summary], REGIONS)[0]) == regions


def test_the_chain_takes_the_first_rule_that_gives_a_region() -> None:
    chain = body_parts.of_issue
    assert chain(("knee",), ("mtus/low-back",), ("neck",)) == (("knee",), "request")
    assert chain((), ("mtus/chronic-pain", "odg/shoulder", "mtus/low-back"), ("neck",)) == (("low-back",), "guideline")
    assert chain((), ("mtus/chronic-pain", "odg/shoulder"), ("neck",)) == (("shoulder",), "odg-chapter")
    assert chain((), ("mtus/chronic-pain",), ("neck",)) == (("neck",), "injury")
    assert chain((), (), ()) == ((), None)


def test_evidence_names_the_rule_and_the_words() -> None:
    _, evidence = body_parts.injured(["She complained of LUMBAR pain."], REGIONS)
    assert [(found.field, found.value, found.rule, found.words) for found in evidence] == [
        ("injured_body_parts", "low-back", "complaint: lumbar", "lumbar")
    ]


@given(
    st.lists(
        st.sampled_from(["no ", "knee ", "complained of ", "MRI of the ", ". ", "but ", "exam ", "L4-5 ", "ß"])
        | st.text(max_size=6)
    )
)
def test_anything_is_read_without_an_error(pieces: list[str]) -> None:
    ids, evidence = body_parts.injured(["".join(pieces)], REGIONS)
    assert set(ids) <= REGIONS.by_id.keys()
    assert {found.value for found in evidence} == set(ids)


@pytest.mark.parametrize(
    ("summary", "regions"),
    [
        ("Injured the low back on 9-19-16. He underwent hip replacement in 2008.", ["low-back"]),
        ("Injured the low back on 9-19-2016. He underwent hip replacement in 2016.", ["low-back", "hip-pelvis"]),
        (
            "A cumulative injury of 9-19-16 to the low back. He underwent carpal tunnel release in 2012.",
            ["wrist-hand", "low-back"],
        ),
        ("Date of injury: 3/4/98. Low back pain. She had left knee surgery in 1990.", ["low-back"]),
        ("Low back pain. She had left knee surgery in 1990.", ["low-back", "knee"]),  # nothing says when the injury was
        ("Injured the low back on 9-19-16. He has asthma, not claimed.", ["low-back"]),
        ("Injured the low back on 9-19-16. Neck not painful.", ["low-back"]),
    ],
)
def test_what_was_operated_on_in_a_year_before_the_injury_is_not_injured(summary: str, regions: list[str]) -> None:
    assert sorted(body_parts.injured([summary], REGIONS)[0]) == sorted(regions)
