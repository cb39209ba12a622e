"""Specialties and states as letters write them, folded onto the published lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from site_builder import rules

FACETS = Path(rules.__file__).with_name("facets")
RULES = rules.load({stem: (FACETS / f"{stem}.toml").read_text() for stem in ("specialty", "licensure")})
SPECIALTIES, STATES = RULES.vocabularies["specialty"], RULES.vocabularies["licensure"]

OFFICIAL = """Addiction Psychiatry; Allergy and Immunology; Anesthesiology; Cardiovascular Disease; Child and Adolescent Psychiatry;
Chiropractic; Colon and Rectal Surgery; Critical Care Medicine; Dentist; Dermatology; Diagnostic Radiology; Emergency Medicine;
Family Practice; Gastroenterology; General Vascular Surgery; Geriatric Medicine; Hand Surgery; Hospice & Palliative Medicine;
Infectious Disease; Internal Medicine; Interventional Cardiology; Medical Oncology; Medical Toxicology; Nephrology;
Neurological Surgery; Neurology; Neuromuscular Medicine; Neuroradiology; Occupational Medicine; Oncology; Ophthalmology; Optometry;
Oriental Medicine; Orthopedic Surgery; Otolaryngology; Pain Management; Pediatrics; Physical Medicine & Rehabilitation;
Plastic Surgery; Podiatric Surgery; Podiatrist; Preventive Medicine; Psychiatry; Psychologist; Psychology;
Public Health & General Preventive Medicine; Pulmonary Disease; Radiology; Registered Nurse; Rheumatology; Sleep Medicine;
Sports Medicine; Surgery; Surgical Critical Care; Thoracic Surgery; Urology"""
NAMES = [" ".join(name.split()) for name in OFFICIAL.split(";")]


def test_the_official_list_has_56_specialties() -> None:
    assert len(NAMES) == 56


@pytest.mark.parametrize("name", NAMES)
def test_every_specialty_of_the_official_list_is_one_value_with_its_name(name: str) -> None:
    (found,) = SPECIALTIES.ids(name)
    assert SPECIALTIES.by_id[found].label == name
    assert SPECIALTIES.ids(name.upper()) == (found,)


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("Physical Medicine and Rehabilitation", "Physical Medicine & Rehabilitation"),
        ("Physical Medicine &Rehabilitation", "Physical Medicine & Rehabilitation"),
        ("PM&R", "Physical Medicine & Rehabilitation"),
        ("Sports Medicinea", "Sports Medicine"),  # as printed
        ("Chiropractor", "Chiropractic"),
        ("Family Medicine", "Family Practice"),
        ("Pain Medicine", "Pain Management"),
        ("Interventional Pain Management", "Pain Management"),
        ("Neurosurgery", "Neurological Surgery"),
        ("Orthopaedic Surgery", "Orthopedic Surgery"),
        ("Hospice and Palliative Medicine", "Hospice & Palliative Medicine"),
        ("Public Health and General Preventive Medicine", "Public Health & General Preventive Medicine"),
        ("Acupuncture", "Oriental Medicine"),
        ("Podiatry", "Podiatrist"),
        ("Dentistry", "Dentist"),
        ("Clinical Psychology", "Psychology"),
        ("Licensed Psychologist", "Psychologist"),
        ("Pediatric Rehabilitation Medicine", "Pediatric Rehabilitation Medicine"),  # not folded: another board
        ("General Surgery", "Surgery"),
        ("Vascular Surgery", "General Vascular Surgery"),
        ("Cardiology", "Cardiovascular Disease"),
        ("Occupational and Environmental Medicine", "Occupational Medicine"),
    ],
)
def test_a_spelling_variant_is_the_specialty_it_means(written: str, label: str) -> None:
    assert [SPECIALTIES.by_id[found].label for found in SPECIALTIES.ids(written)] == [label]


def test_an_unknown_specialty_is_nothing() -> None:
    assert SPECIALTIES.ids("Palmistry") == ()


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("California", "california"),
        ("CA", "california"),
        ("West Virginia", "west-virginia"),
        ("Virginia", "virginia"),
        ("Washington", "washington"),
        ("Washington, D.C.", "district-of-columbia"),
        ("NORTH CAROLINA", "north-carolina"),
        ("Puerto Rico", "puerto-rico"),
        ("Arkansas", "arkansas"),
    ],
)
def test_a_state_is_found_by_name_and_abbreviation(written: str, id: str) -> None:
    assert STATES.ids(written) == (id,)


def test_all_states_the_district_and_the_territories_are_there() -> None:
    assert len(STATES.facet.value) == 50 + 1 + 5
