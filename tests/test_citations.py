"""What a guideline paragraph cites, over the dialects of 2013 to 2024. The wording is the form's own; the cases are invented."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder import citations
from tests import corpus

GUIDELINES = corpus.known().vocabularies["guideline"]
OUTSIDE = "The Expert Reviewer based their decision on recommendation(s) outside of the MTUS Guidelines. "
NON = "Decision based on Non-MTUS Citation "

TABLE = [
    # 2014-2016: chapters of ACOEM with pages, topics in capitals
    ("Decision based on MTUS ACOEM Chapter 8 Neck and Upper Back Complaints, Chapter 12 Low Back Complaints Page(s): 177 289, 296 303.",
     ["mtus/neck-upper-back", "mtus/low-back"]),
    ("Decision based on MTUS Chronic Pain Treatment Guidelines PHYSICAL MEDICINE Page(s): 98-99.", ["mtus/chronic-pain"]),
    ("Decision based on MTUS ACOEM Chapter 7 Independent Medical Examinations page 127.", ["mtus/other"]),  # not in the schedule
    ("Decision based on MTUS ACOEM Chapter 2 General Approach to Initial Assessment and Documentation, Chapter 3 Initial Approaches "
     "to Treatment.", ["mtus/general-approaches"]),
    ("Decision based on MTUS Postsurgical Treatment Guidelines. " + NON + "ODG, MRI shoulder", ["mtus/postsurgical", "odg/shoulder"]),
    # late 2016 on: name, year, sections
    ("Decision based on MTUS Forearm, Wrist, and Hand Complaints 2004, Section(s): Special Studies, and Opioid Treatment 2016.",
     ["mtus/forearm-wrist-hand", "mtus/opioids"]),
    ("Decision based on MTUS General Approaches 2004, Section(s): Initial Approaches to Treatment.", ["mtus/general-approaches"]),
    ("Decision based on MTUS Low Back Complaints 2004, Section(s): Special Studies, Knee Complaints 2004, Section(s): Summary.",
     ["mtus/low-back", "mtus/knee"]),  # "and" missing
    # a name with a misprint, or as OCR reads it
    ("Decision based on MTUS Chronic Pam Medical Treatment 2016. Section(s}: Cyclobenzaprine (Flexeril).", ["mtus/chronic-pain"]),
    ("Decision based on MTUS El!bow Complaints 2007, Sectionts): Recommendations.", ["mtus/elbow"]),
    ("Decision based on MTUS Chronic Fatigue Treatment Centers 2016.", ["mtus/other"]),
    # 2018 on: ACOEM's topic guidelines
    ("Decision based on MTUS ACOEM Opioids Guideline (April 20, 2017); MTUS Drug Formulary.", ["mtus/opioids", "mtus/drug-formulary"]),
    ("Decision based on MTUS Low Back Disorders, Section(s): Injections, and Chronic Pain Guideline.", ["mtus/low-back", "mtus/chronic-pain"]),
    ("Decision based on MTUS Low Back Disorders (ACOEM February 2016), Section(s): Injections, and MTUS Drug Formulary.",
     ["mtus/low-back", "mtus/drug-formulary"]),
    ("Decision based on MTUS Cervical and Thoracic Spine Disorders 2018.", ["mtus/neck-upper-back"]),
    ("Decision based on MTUS Hand, Wrist, and Forearm Disorders 2019.", ["mtus/forearm-wrist-hand"]),
    ("Decision based on MTUS Workplace Mental Health 2020, Section(s): Depressive Disorders.", ["mtus/mental-health"]),
    ("Decision based on MTUS Hip and Groin Disorders 2019, and Chronic Pain 2017, and Opioids 2017.",
     ["mtus/hip-groin", "mtus/chronic-pain", "mtus/opioids"]),
    # chapters by their numbers, by a short name, by a name in another order
    ("Decision based on MTUS ACOEM Chapters 8, 9 and 12.", ["mtus/neck-upper-back", "mtus/shoulder", "mtus/low-back"]),
    ("Decision based on MTUS ACOEM Ch. 8; Chap 13, page 343.", ["mtus/neck-upper-back", "mtus/knee"]),
    ("Decision based on MTUS ACOEM Chapter 12, 303-305.", ["mtus/low-back"]),  # pages are no chapters
    ("Decision based on MTUS ACOEM Shoulder Chapter.", ["mtus/shoulder"]),
    ("Decision based on MTUS ACOEM Low Back page 303.", ["mtus/low-back"]),
    ("Decision based on MTUS Knee 2019, Section(s): Meniscal Tears, and Hand, Wrist, and Forearm 2019.",
     ["mtus/knee", "mtus/forearm-wrist-hand"]),
    ("Decision based on MTUS Anxiety 2021.", ["mtus/mental-health"]),
    ("Decision based on MTUS Foot & Ankle Complaints 2004.", ["mtus/ankle-foot"]),
    ("MTUS: ACOEM: Low Back Complaints (2004). Non-MTUS: ODG, Knee.", ["mtus/low-back", "odg/knee-leg"]),  # no "based on"
    # 2013: prose
    ("The Claims Administrator based its decision on the American College of Occupational and Environmental Medicine (ACOEM), 2nd "
     "Edition, (2004), Low Back Complaints, pages 303-305, which is part of the MTUS.", ["mtus/low-back"]),
    ("The Claims Administrator based its decision on the Chronic Pain Medical Treatment Guidelines (2009), Medications for Chronic "
     "Pain, pg. 60, which is part of the MTUS. The Claims Administrator also based its decision on the Official Disability "
     "Guidelines (ODG), Pain Chapter, which is not part of the MTUS.", ["mtus/chronic-pain", "odg/pain"]),
    ("The Expert Reviewer found that no section of the MTUS was applicable. The Expert Reviewer based his/her decision on the "
     "Official Disability Guidelines (ODG), Knee and Leg Chapter.", ["odg/knee-leg"]),
    ("The Claims Administrator based its decision on the Neck and Upper Back Complaints (ACOEM Practice Guidelines, 2nd Edition (2004), "
     "Chapter 8) pg. 177-178, and the Chronic Pain Medical Treatment Guidelines (2009), pg. 56, Soma, part of the Medical Treatment "
     "Utilization Schedule (MTUS).", ["mtus/neck-upper-back", "mtus/chronic-pain"]),
    # each clause with what is said of it
    ("The Claims Administrator based its decision on the Shoulder Complaints (ACOEM Practice Guidelines, 2nd Edition (2004), Chapter 9), "
     "which is part of the MTUS, and the Official Disability Guidelines (ODG), Pain Chapter, which is not part of the MTUS.",
     ["mtus/shoulder", "odg/pain"]),
    ("The Claims Administrator based its decision on the Chronic Pain Medical Treatment Guidelines, and the Official Disability Guidelines "
     "(ODG), Knee, which is not part of the MTUS.", ["mtus/chronic-pain", "odg/knee-leg"]),
    ("The Claims Administrator based its decision on the Shoulder Complaints, which is part of the MTUS", ["mtus/shoulder"]),
    # what is silent is not cited
    ("The MTUS Chronic Pain Guidelines do not specifically address the requested service. The Expert Reviewer based his/her decision on "
     "the Official Disability Guidelines (ODG), Knee.", ["odg/knee-leg"]),
    ("The MTUS/ACOEM Low Back Complaints chapter does not discuss gym memberships. The Expert Reviewer based his/her decision on the "
     "Official Disability Guidelines (ODG), Low Back.", ["odg/low-back"]),
    # neither MTUS nor ACOEM is said, the name is enough
    ("The Physician Reviewer based his/her decision on the Acupuncture Treatment Guidelines.", ["mtus/acupuncture"]),
    ("The Expert Reviewer based his/her decision on the MTUS Chronic Pain Guidelines, page 98, and on the Official Disability Guidelines "
     "(ODG), Knee.", ["mtus/chronic-pain", "odg/knee-leg"]),  # one sentence, two sources
    ("The Claims Administrator based its decision on the ODG, Pain Chapter, and the MTUS Chronic Pain Medical Treatment Guidelines, "
     "Opioids, page 78.", ["odg/pain", "mtus/chronic-pain"]),  # the other way round; Opioids is a topic of Chronic Pain
    ("The Claims Administrator based its decision on the Non-MTUS Official Disability Guidelines (ODG), Pain Chapter.", ["odg/pain"]),
    ("The Claims Administrator based its decision on the Official Disability Guidelines (ODG), Low Back, which is part of the MTUS.",
     ["odg/low-back"]),  # it is not, whatever the letter says
    ("Acupuncture Treatment Guidelines. It is the part of the schedule that speaks of this treatment.", ["mtus/acupuncture"]),
    ("The Expert Reviewer found the guidelines used by the Claims Administrator relevant.", []),  # names none
    # outside the schedule
    (OUTSIDE + NON + "Official Disability Guidelines (ODG).", ["odg/unspecified"]),
    (OUTSIDE + NON + "Official Disability Guidelines (ODG) Low Back and neck Chapter, Physical Therapy.",
     ["odg/low-back", "odg/neck-upper-back"]),
    (OUTSIDE + NON + "Official Disability Guidelines, Low Back - Lumbar & Thoracic (Acute & Chronic), Gym.", ["odg/low-back"]),
    (OUTSIDE + NON + "Official Disability Guidelines (ODG) Low Back Chapter, MRI of the knee.", ["odg/low-back"]),  # a topic, no chapter
    (OUTSIDE + NON + "Official Disability Guidelines: Physical Therapy Guidelines.", ["odg/unspecified"]),
    (OUTSIDE + NON + "Official Disability Guidelines (ODG) Mental Illness & Stress, Eszopiclone; Pain, Opioids.",
     ["odg/mental-stress", "odg/pain"]),
    (OUTSIDE + "Decision based on Non- MTUS Citation Official Disability Guidelines, Head, CT.", ["odg/head"]),  # a blank at a line's end
    (OUTSIDE + "Decision based on Non-MTUS Official Disability Guidelines (ODG), Pain.", ["odg/pain"]),  # the word Citation missing
    (OUTSIDE + NON + "ACOEM guidelines and the Official Disability Guidelines.", ["acoem/other", "odg/unspecified"]),
    (OUTSIDE + NON + "ACOEM Occupational Medicine Practice Guidelines, 3rd ed., Shoulder Disorders.", ["acoem/other"]),
    (OUTSIDE + NON + "UpToDate.com, a monograph on a drug.", ["other"]),
    (OUTSIDE + NON + "ODG, Pain; Drugs.com.", ["odg/pain", "other"]),
    (OUTSIDE + NON + "ODG, Pain; American College of Radiology.", ["odg/pain", "other"]),
    (OUTSIDE + NON + "ODG, Pain; American College of Occupational & Environmental Medicine.", ["odg/pain", "acoem/other"]),
    (OUTSIDE + NON + "ODG, Knee; J Bone Joint Surg 2009;91(3):1.", ["odg/knee-leg", "other"]),
    (OUTSIDE + NON + "ODG, Pain; Centers for Disease Control, guideline.", ["odg/pain", "other"]),
    (OUTSIDE + NON + "ODG (http://www.odg-twc.com/odgtwc/low_back.htm#Fusion).", ["odg/low-back"]),
    (OUTSIDE + NON + "odg-twc.com; Section Pain.", ["odg/pain"]),
    (OUTSIDE + NON + "ACOEM - https://www.acoempracguides.org/Knee; Table 2.", ["acoem/other"]),
    (OUTSIDE + NON + "ODG Low Back Pain chapter.", ["odg/low-back"]),  # one chapter, not that on pain
    (OUTSIDE + NON + "ODG Stress chapter.", ["odg/mental-stress"]),
    (OUTSIDE + NON + "Officia l Disability Guidelines, Pain.", ["odg/pain"]),  # a blank in a scan
    (OUTSIDE + NON + "Official Disability Guidelines (ODG) Carpal Tunnel Syndrome and Other Medical Treatment Guidelines AANEM policy.",
     ["odg/carpal-tunnel", "other"]),
    ("The Claims Administrator did not base their decision on the MTUS. " + NON + "Official Disability Guidelines, Neck.",
     ["odg/neck-upper-back"]),
    ("The Expert Reviewer did not cite any medical evidence for its decision.", ["none"]),
    ("The Claims Administrator did not cite an evidence basis for its decision.", ["none"]),
    ("The Claims Administrator did not specify the guideline used.", ["none"]),
    ("The Claims Administrator did not use any evidence-based guidelines.", ["none"]),
    ("There was no evidence cited.", ["none"]),
    ("None cited.", ["none"]),
    ("", []),
]  # fmt: skip


@pytest.mark.parametrize(("paragraph", "guidelines"), TABLE)
def test_the_guidelines_of_a_paragraph_are_named_in_order(paragraph: str, guidelines: list[str]) -> None:
    assert list(citations.read(paragraph, GUIDELINES).guidelines) == guidelines


@pytest.mark.parametrize(
    ("paragraph", "sections"),
    [
        # names with commas and brackets are one section
        ("Decision based on MTUS Chronic Pain Medical Treatment 2016, Section(s): NSAIDs, GI symptoms & cardiovascular risk, Work "
         "conditioning, work hardening.", ["NSAIDs, GI symptoms & cardiovascular risk", "Work conditioning, work hardening"]),
        # a numbered section runs to the next number
        ("Decision based on MTUS Opioid Treatment 2016, Section(s): 3.1 Opioids for Pain: Evaluation, and Care, 4.1 Tapering Opioids.",
         ["3.1 Opioids for Pain: Evaluation, and Care", "4.1 Tapering Opioids"]),
        # typed wrong, or not known: as written
        ("Decision based on MTUS Low Back Complaints 2004, Section(s): Inital Care, Moon phases.", ["Inital Care", "Moon phases"]),
        ("Decision based on MTUS Elbow Complaints 2007, Section(s): 326, Diagnostic Criteria.", ["326", "Diagnostic Criteria"]),
        ("Decision based on MTUS Chronic Pain Treatment Guidelines PHYSICAL MEDICINE Page(s): 98-99.", ["PHYSICAL MEDICINE"]),
        ("Decision based on MTUS Chronic Pain Treatment Guidelines TENS, chronic pain (transcutaneous electrical nerve stimulation) "
         "Page(s): 114-117.", ["TENS, chronic pain (transcutaneous electrical nerve stimulation)"]),
        ("Decision based on MTUS Chronic Pain Treatment Guidelines Opioids, criteria for use; Weaning of medications Page(s): 76-80.",
         ["Opioids, criteria for use", "Weaning of medications"]),
        # a name that is not known goes on after the comma where a small letter follows
        ("Decision based on MTUS Chronic Pain Medical Treatment 2016, Section(s): Moonlight, early phases, Topical analgesics.",
         ["Moonlight, early phases", "Topical analgesics"]),
        # a blank after the hyphen of a line's end; "and" for "&"; two names with "and" between
        ("Decision based on MTUS Chronic Pain Medical Treatment 2016, Section(s): Electro- diagnostic testing (EMG/NCS), NSAIDs, GI "
         "symptoms and cardiovascular risk, Introduction and Topical analgesics.",
         ["Electro- diagnostic testing (EMG/NCS)", "NSAIDs, GI symptoms and cardiovascular risk", "Introduction", "Topical analgesics"]),
        ("Decision based on MTUS Postsurgical Treatment 2009, Section(s): Forearm, Wrist, & Hand, Elbow & Upper Arm.",
         ["Forearm, Wrist, & Hand", "Elbow & Upper Arm"]),
        ("Decision based on MTUS Opioid Treatment 2016, Section(s): 3. Opioids: Overview. Decision based on Non-MTUS Citation ODG.",
         ["3. Opioids: Overview"]),  # the stop after the number ends no sentence
        ("Decision based on MTUS Chronic Pain Treatment Guidelines Section Weaning of Medications Page(s): 124.", ["Weaning of Medications"]),
        ("The Claims Administrator based its decision on the Chronic Pain Medical Treatment Guidelines (2009), pg. 56, Soma, part of the "
         "MTUS.", ["Soma"]),  # a topic after its page
        ("Chronic Pain Treatment Guidelines DRUG TESTING Page(s): 43. It is the part of the schedule that fits.", ["DRUG TESTING"]),
        ("Decision based on MTUS Chronic Pain Treatment Guidelines Muscle relaxants and Opioids Page(s): 63, 78.",
         ["Muscle relaxants", "Opioids"]),
        # a chapter of 2004 has no topics, but where one of its sections is named, it is one
        ("Decision based on MTUS ACOEM Chapter 12 Low Back Complaints, Special Studies, and much more Page(s): 303.", ["Special Studies"]),
        ("Decision based on MTUS Low Back Complaints 2004.", []),
        # where the schedule stands in the law is no section
        ("Decision based on MTUS Chronic Pain Treatment Guidelines 8 C.C.R. 9792.20 - 9792.26 MTUS (Effective July 18, 2009) Page(s): 8 of 127.",
         []),
        ("Decision based on MTUS Chronic Pain Treatment Guidelines July 18, 2009 Page(s): 63.", []),
        # pages between topics, brackets and quotes around one
        ("Decision based on MTUS Chronic Pain Treatment Guidelines Opioids, pages 76-80, Weaning of medications, page 124.",
         ["Opioids", "Weaning of medications"]),
        ("Decision based on MTUS Chronic Pain Treatment Guidelines Opioids (pages 78-80).", ["Opioids"]),
        ("Decision based on MTUS Chronic Pain Treatment Guidelines Opioids p78-80.", ["Opioids"]),
        ('Decision based on MTUS Chronic Pain Treatment Guidelines "Opioids" Page(s): 78 through 80.', ["Opioids"]),
        ("Decision based on MTUS Chronic Pain Treatment Guidelines (Opioids) Page(s): 78.", ["Opioids"]),
        ("Decision based on MTUS Chronic Pain Treatment Guidelines Weaning, carisoprodol (Soma) Page(s): 124.",
         ["Weaning, carisoprodol (Soma)"]),
        ("Decision based on MTUS Opioid Treatment 2016, Section(s): 3.3.10 Opioids: Use of Benzodiazepines, and Other Drugs, 4.1 Tapering.",
         ["3.3.10 Opioids: Use of Benzodiazepines, and Other Drugs", "4.1 Tapering"]),
    ],
)  # fmt: skip
def test_sections_are_kept_as_written(paragraph: str, sections: list[str]) -> None:
    assert [name for _, name in citations.read(paragraph, GUIDELINES).sections] == sections


def test_a_section_belongs_to_the_guideline_before_it() -> None:
    text = "Decision based on MTUS Knee Complaints 2004, Section(s): Summary, and Shoulder Complaints 2004, Section(s): Summary."
    assert citations.read(text, GUIDELINES).sections == (("mtus/knee", "Summary"), ("mtus/shoulder", "Summary"))


def test_pages_belong_to_the_whole_citation() -> None:
    text = "Decision based on MTUS ACOEM Chapter 8 Neck and Upper Back Complaints, Chapter 12 Low Back Complaints Page(s): 303-305, 177-179."
    assert citations.read(text, GUIDELINES).pages == ("303-305", "177-179")
    text = "Decision based on MTUS Chronic Pain Treatment Guidelines Page(s): 78 through 80, 8 of 127."
    assert citations.read(text, GUIDELINES).pages == ("78 through 80", "8")  # 127 is how many there are


def test_a_reviewer_who_finds_the_guideline_used_relevant_cites_it_too() -> None:
    ur = citations.read(
        "The Claims Administrator based its decision on the MTUS, Low Back Complaints, pages 303-305.", GUIDELINES
    )
    text = "The Expert Reviewer found the guideline used by the Claims Administrator relevant and appropriate for the issue."
    assert citations.read(text, GUIDELINES, ur).guidelines == ("mtus/low-back",)
    assert citations.read(text, GUIDELINES).guidelines == ()  # it names no source itself


def test_a_reviewer_who_finds_it_not_relevant_does_not_adopt_it() -> None:
    ur = citations.read("Decision based on MTUS Low Back Complaints 2004.", GUIDELINES)
    text = "The Expert Reviewer found the guidelines used by the Claims Administrator not relevant. " + NON + "ODG, Knee."
    assert citations.read(text, GUIDELINES, ur).guidelines == ("odg/knee-leg",)


def test_the_paragraph_is_kept_as_it_is() -> None:
    assert (
        citations.read("  Decision  based on MTUS Knee Complaints 2004. ", GUIDELINES).raw
        == "  Decision  based on MTUS Knee Complaints 2004. "
    )


PIECES = st.sampled_from(
    ["based its decision on the ", "is part of the MTUS", ", which is not part of the MTUS", "Ch. 8, 9 and 12", "pages 8 of 127", "Decision based on MTUS ", NON, OUTSIDE, "Low Back Complaints", " 2004", ", Section(s): ", "Official Disability Guidelines", "(ODG)",
     ", and ", "Chapter 12", "Page(s): ", "98-99", "((", ")", "; ", "ACOEM", "Opioids", "Ⅷ", "\n", "3.3 X", "none"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join))
def test_anything_is_read_without_an_error_into_known_ids(paragraph: str) -> None:
    found = citations.read(paragraph, GUIDELINES)
    assert set(found.guidelines) <= GUIDELINES.by_id.keys()
    assert {guideline for guideline, _ in found.sections} <= set(found.guidelines)
    assert found.raw == paragraph


@pytest.mark.parametrize(
    "unit",
    ["NSAIDs, GI symptoms, ", "A, b, ", "((", "3.3 Opioids, ", "Low Back Complaints 2004, and ", "did not cite any ", "Page(s): 1 ", "is part of the MTUS, ", "Chapter 8, ",
     "ODG Low Back, ", "Official Disability Guidelines knee; ", "http://", "and & ", "found the section "],
)  # fmt: skip
def test_time_grows_with_the_length_alone(unit: str) -> None:
    """Eight times the text takes about eight times as long; 30 leaves room for a busy machine, a square would take 64."""
    fast, slow = (min(_seconds(NON + unit * (size // len(unit))) for _ in range(3)) for size in (4_000, 32_000))
    assert slow < 30 * fast + 0.05


def _seconds(paragraph: str) -> float:
    begun = time.process_time()
    citations.read(paragraph, GUIDELINES)
    return time.process_time() - begun


@pytest.mark.parametrize("number", range(len(TABLE)))
def test_case_and_white_space_change_nothing(number: int) -> None:
    paragraph, guidelines = TABLE[number]
    for noisy in (
        paragraph.upper(),
        paragraph.lower(),
        paragraph.replace(" ", "\n  "),
        paragraph.replace(" ", "\N{NO-BREAK SPACE}"),
    ):
        assert list(citations.read(noisy, GUIDELINES).guidelines) == guidelines
