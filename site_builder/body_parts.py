"""Regions of the body: those that a request names, and those that a case summary gives as injured or complained of. Pure.

Words are data (facets/body-part.toml). Reading a summary is a matter of what a sentence is about: diagnoses, complaints and the
injury count; examination, imaging, treatment, requests and history do not; nor does what is denied. Refused: a rationale.
Known limits: a sentence is judged by its cue words: a finding told as a complaint counts, a disease without a cue does not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from site_builder.model import Evidence
from site_builder.rules import Match, Vocabulary, squeeze

Found = tuple[tuple[str, ...], tuple[Evidence, ...]]

OF_GUIDELINE = {
    "neck-upper-back": ("neck", "upper-back"),
    "shoulder": ("shoulder",),
    "elbow": ("elbow",),
    "forearm-wrist-hand": ("wrist-hand",),
    "carpal-tunnel": ("wrist-hand",),
    "low-back": ("low-back",),
    "knee": ("knee",),
    "knee-leg": ("knee",),
    "ankle-foot": ("ankle-foot",),
    "hip-groin": ("hip-pelvis",),
    "hip-pelvis": ("hip-pelvis",),
    "mental-health": ("psyche",),
    "mental-stress": ("psyche",),
    "eye": ("eye",),
    "head": ("head",),
    "traumatic-brain-injury": ("head",),
    "hernia": ("abdomen",),
    "asthma": ("chest",),
    "interstitial-lung-disease": ("chest",),
    "pulmonary": ("chest",),
}
"""The regions that a guideline is about, by the last part of its id. A guideline on neck and upper back is about both."""

_ITEM = re.compile(r"[.;:,]\s+\(?[0-9]{1,2}[.)]\s+(?=[A-Za-z])")
"""Where the next of a numbered list begins, which ends no sentence: `diagnoses include: 1. Lumbar strain. 2. Knee pain.`"""
_FINDING = re.compile(
    r"(?<=documentation of )(?=subjective)"
    r"|(?:,? and |, )(?=(?:objective|imaging findings|electrodiagnostic findings|current diagnos[ei]s|treatments? to date)\b)"
)
"""Where one long sentence goes over to another matter: `documentation of subjective (...) and objective (...) findings`."""
_SENTENCE = re.compile(r"(?<=[a-z0-9)%\"'][.;!?])\s+|(?<=[A-Z]{2}[.;!?])\s+(?=[A-Z])|(?<=[a-z0-9)][.;])(?=[A-Z][a-z])|\n+")
_CLAUSE = re.compile(
    r",? (?:but|however|although|except|other than|while|though)\b|;"
    r"|, (?:with|and) (?=(?:he|she|the|there|reports?|complain\w*)\b)"
)
_COUNTS = re.compile(
    r"diagnos(?:is|es|ed)|\bdx\b|(?:under ?going|receiving|under|being|is|was|seen|evaluated|follow(?:ed|-?up)) "
    r"(?:\w+ care|treatments?|care|treated|evaluat\w*)?(?: ?by (?:\w+ ){0,2}\w+)? ?for|treat(?:ed|ment) for"
    r"|\bsees? (?:an? |the |his |her )?\w+ for"
    r"|\bdoi\b[^.;]{0,15} to\b|(?<![0-9/-])[0-9]/10\b(?![/-])"
    r"|impression|assessment|sustain|complain|c/o|report|present(?:s|ed|ing)? (?:with|for|to|on)|chief|subjective|symptom"
    r"|endors|states?\b|describ|experienc|suffer|injur(?:y|ies|ing)|injured(?! worker| employee| patient)|body parts?"
    r"|claim involves|condition|hurt"
    r"|status[- ]post|s/p|post[- ]?op|pain(?!less|-free| free)|ache|numb|tingl|discomfort|stiff|weak|burning|soreness|sore\b"
    r"|spasms? in|chest tightness|\bcough|wheez|short(?:ness)? of breath"
    r"|difficult|bothers?|feels?|feeling|felt (?:a|an|pain|something|immediate|sudden|sharp|his|her)\b|ongoing|continu"
    r"|persist|problem|trouble"
    # how it happened
    r"|mechanism|strik|struck|hit(?:ting)?\b|\bcollapsed|land(?:ed|ing)|wrench|twist|crush|\bfell|broke|\bpop(?:ped)?\b"
    r"|gave (?:out|way)|caught|jammed|smash|\b(?:rolled|cut) (?:his|her)|(?<!not )accepted|body regions?"
    # names of injuries and diseases
    r"|sprain|strain|contusion|fracture|dislocat|lacerat|amputat|abrasion|\btears?\b|torn|radicul|radiat|herniat|displacement"
    r"|derangement|impingement|tunnel(?! release)|contracture|triggering|disc disease|degenerati|disorder|spondyl|stenosis"
    r"|syndrome|lesion|arthritis|arthrosis|arthropathy|tendinopathy|tendinosis"
    r"|chondromalacia|necrosis|neuropath|neuroma|hernia|asthma|ulcer|reflux|gerd|insufficiency|panic|swollen|nonunion|cyst|dizz"
    r"|rupture|depress(?:i|ed\b)|cramp|anxiety|\bptsd\b|compensable|hearing loss|tinnitus|\bringing|vertigo|carious|caries|grind"
    r"|develop(?:ed|ing|s)|scar(?:ring|s)?\b|foreign body|migraine|headache"
    r"|\b[a-z]{3,20}(?:itis|algia|dynia)\b|\b(?:crps|rsd|cts|djd|ddd|hnp|tmj)\b|\bburn(?:s|ed)?\b|scald"
    # what was operated on was injured
    r"|(?:repair|debridement|release|reconstruct|fusion|decompression|\b[a-z]{2,15}ectomy)[^.;]{0,20} (?:took place )?on [0-9]"
    r"|under(?:went|gone)|\bhad (?:an? )?(?:right|left|l|r|bilateral|lumbar|cervical)\b"
)
_TOLD = re.compile(
    r"complain|c/o|\breport(?:s|ed)?\b(?! (?:\(pr-?2\) )?(?:dated|of|by|was|revealed|noted|show|on))|present(?:s|ed) with"
    r"|chief|subjective|symptom|endors|describ|states? that|experienc|suffer|continues? (?:to have|with)|ongoing|persistent"
    r"|claim for|\bdevelop(?:ed|s)\b|\bha(?:s|ve|d) (?:[\w-]+ ){0,3}(?:pain|numbness|weakness|tingling|stiffness|tightness)\b"
)
_NAMED = re.compile(
    r"diagnos(?:is|es|ed) (?!stud|test|imag)|\bdx\b|treatments? for|treated (?:with (?:[\w-]+ ){1,5})?for|impression|diagnoses"
    r"|assessment(?: (?:was|included|of)|:)"
    r"|status[- ]post"
)
_EXAM = (
    r"\bexam(?:s|ined|ination|inations)?\b|objective|\b(?:non-?)?tender|range of motion|\brom\b|palpa"
    r"|reflex(?! sympathetic)|(?<!ing )sensation|sensory"
    r"|strength|\bgrip (?:is|was)|\bmotor\b(?! vehicle|cycle| cycle)|inspection|gait|flexion|extension|abduction|maneuver"
    r"|tests? (?:was|were|is|are|at|in|on)\b|\bsigns?\b|positive"
    r"|negative|intact|neurologic|dermatom|vital|atrophy|crepitus|spurling|tinel|phalen|neer|hawkins|mcmurray|lachman|faber|kemp"
    r"|patrick|effusion|instability|swelling (?:over|at|of|was|is)"
    r"|\bscars? (?:was|were|is|are)"
)
_IMAGING = (
    r"\bx-? ?rays?|\bmris?\b|magnetic resonance|\bct\b(?! (?:through|from|date|injur|claim|trauma))|computed tomography"
    r"|computerized|\bemgs?\b|\bncvs?\b|\bncs\b"
    r"|electrodiagnostic|electromyogra|imaging|radiograph|ultraso(?:und|nogra)|\bscans?\b|echocardiogram"
    r"|diagnostic (?:stud|test|imag)|ekg|studies"
)
_OTHER = re.compile(
    r"request|authoriz|utili[sz]ation|non-? ?certif|certif|determin|recommend|\bplan(?:s|ned)?\b|prescri|appeal|modified the"
    r"|past medical|\bpast h(?:x|istory)|\bas a (?:child|teenager|youth)\b|childhood|since youth|\bpmh\b|medical history"
    r"|in high school|outside (?:of )?(?:the|this|his|her) (?:claim|case)\b|not claimed"
    r"|surgical history|family history|social history|prior history|remote history|other history|past surger|comorbid"
    r"|none of which (?:is|are) part of|(?:different|other) (?:claim|carrier)|\ban old (?:[a-z]+ )?injur|since age [0-9]"
    r"|(?:previous|earlier|prior) (?:\w+ ){0,3}(?:injury|claim|repairs?)\b|without (?:residual|recurrence)|full recovery"
    r"|before the (?:accident|injury)|compromise and release|(?:claim|case) (?:was |is )?(?:closed|settled)|contraindicat"
    r"|unrelated|non-?industrial|not (?:industrially|work)[ -]?related|prior claim"
    r"|history of (?:\w+ )?(?:cancer|thyroid|hypothyroid|stroke|asthma|gerd|hiv|high blood)"
    r"|history (?:of|included|includes|is|was) (?:smok|tobac|alcohol|drug|hypert|diabet)"
    r"|(?:treatments?|therap(?:y|ies)|care|modalities) (?:has|have|had|to date|include|consist|received|was noted|were noted"
    r"|thus far|rendered|history)|treatment history|treated with|medications? (?:include|list|were|regimen|used|are)"
    r"|current(?:ly)? (?:taking|medications?|prescribed)|work(?:ing)? (?:status|restrict|modified|duties)|return(?:ed)? to work"
    r"|sessions? of|completed \w+ (?:sessions|visits)|the patient would like|will (?:be|have|need)|would benefit"
    r"|under(?:went|gone) (?:[\w-]+ ){0,5}(?:blocks?|injections?|epidurals?|therapy|acupuncture|evaluation)\b"
    r"|since (?:his|her) (?:teens|youth|childhood)|predat(?:es|ed|ing) (?:the|this|his|her)\b"
    rf"|(?:{_IMAGING})(?! evidence\b)|{_EXAM}"
)
_NOT = re.compile(
    r"\b(?:no(?! (?:loss of consciousness|loc\b)(?!(?:, [\w ]{1,30}){0,3},? (?:or|nor|headaches?)\b)"
    r"|(?: [a-z]+)? (?:relief|improvement|change|benefit) (?:of|in|for) (?:the|his|her)\b)|denie[sd](?!, and\b)|resolution of"
    r"|(?:good|complete|full|excellent) relief of|past medical history of|denying|negative for|not|never|nor"
    r"|neither|free of|absence of"
    # "displacement of a disc without myelopathy, knee sprain"
    r"|without(?! (?:(?:mention|evidence) of )?(?:myelopathy|radiculopathy|loss of consciousness|loc\b|obstruction|gangrene))"
    r"|rule[sd]? out|r/o|unremarkable"
    r"|(?:worse(?:n(?:s|ed)?)?|aggravated|exacerbated|increase[sd]?|provoked|brought on) (?:with|by|when|on)"
    r"(?! (?:the |his |her )?(?:work|job|employment|industrial|injury)\b)"  # "hypertension aggravated by work, and gastritis"
    r"|(?P<moment>when (?:he|she)))\b"
)
_NOT_AFTER = re.compile(
    r"s?\b(?: (?:pain|symptoms?|joint|spine|area|injury|complaints?|stability|motion|rotation|function)){0,3}"
    r"(?:(?:,? and|,? or|,)(?: (?!(?:is|are|was|were|and|or)\b)[\w-]{1,30}+){1,3}){0,3}"
    r"(?::? (?:drop )?(?:wnl|absent|no (?:complaints?|pain|symptoms?|problems?))\b"
    r"| (?:(?:is|are|was|were|has|have) (?:now |been |completely |fully |well "
    r"|(?:noted|found|said|reported|described) (?:to be |as ))?(?:without|unremarkable|asymptomatic|suspected"
    r"|non-?tender|normal|within normal|wnl|absent|fine\b|ok(?:ay)?\b|good\b|resolved"
    r"|not (?:painful|injured|involved|accepted|reported|burn(?:ed|t)|symptomatic|affected|swollen)"
    r"|never been injured|pain[- ]free|benign|preserved|full\b"
    r"|clear\b|controlled|denied)|denied|not (?:painful|symptomatic|injured|involved|affected)"
    r"|d(?:id|oes|o) not (?:hurt|bother))"
    r"|[^,;]{0,35}(?:non-?industrial|not part of (?:the|this|his|her) claim|unrelated"
    r"|not (?:industrial\b|(?:industrially|work)[ -]?related)))"
)
"""Behind a region: `Neck, back and hip are without complaints`"""
_LETS_GO = re.compile(
    r"\b(?:but|(?<!problems )(?<!problem )(?<!difficulty )(?<!trouble )(?<!issues )with|has|(?<!having )had|complains|reports"
    r"|which|that|who|however|felt|feels?|developed|(?:(?<=and )|(?<=he )|(?<=worker )|(?<=patient ))injured|injuring|hurt"
    r"|sustain\w*|fell|landed|twisted|(?<!being )struck)\b"
)
_HAPPENED = re.compile(rf"{_LETS_GO.pattern}|\b(?:experienced|noticed|suffered|incurred|strained|tore|broke|hit|heard|began)\b")
"""Behind "when he": lifting a box when he experienced low back pain."""
_OF_IMAGE = re.compile(
    r"(?:x-? ?rays?|mris?|resonance imaging|scans?|ct|emgs?|ncvs?|ncs|emg/ncv|stud(?:y|ies)|radiographs?|imaging|ultrasound"
    r"|arthrogram|surgery|arthroscopy|injections?|therapy|acupuncture|brace|chiropractic|sessions?|visits?)"
    r" (?:\(\w+\) )?(?:of|to|for|on|at|in) (?:[\w/-]+[,&]? ){0,6}$"
)
_BEFORE_IMAGE = re.compile(
    r"(?: (?:spine|joint|area)){0,2}[ -](?:x-? ?rays?|mris?|ct|scans?|emgs?|ncvs?|fusion|surgery|injections?|arthroscop\w+|brace"
    r"|support|walker|scooter|eval(?:uation)?s?\b|consult\w*|therapy|epidural|exercises?|surgeon|specialist|range of motion|rom"
    r"|tenderness|strength|reflex(?:es)?|flexion|extension)\b"
)
_OF_ANOTHER = frozenset(
    (
        *("crps", "complex regional pain syndrome", "cellulitis", "burns"),
        *("synvisc", "euflexxa", "orthovisc", "supartz", "hyalgan", "monovisc", "durolane", "gel-one"),
    )
)
"""Words that yield to any other region beside them."""
_SLEEP = ("insomnia", "sleep", "sleeping")
_SLEEPLESS_OF_MIND = re.compile(
    r"\b(?:insomnia|sleep(?:ing)?)\b[^.;]{0,60}\b(?:due|related|secondary) to (?:the |his |her )?(?:[a-z]+ )?"
    r"(?:inability|depress|anxi|stress|mental|psych|emotion|ptsd|post-?traumatic)"
)
"""Sleeplessness that comes of a troubled mind is no disease apart."""
_INJURED_ON = re.compile(r"(?:injur\w*|\bdoi\b|claim\b)[^.;]{0,40}?\b\d{1,2}[-/]\d{1,2}[-/](\d{4}|\d{2})\b")
_OPERATED_IN = re.compile(
    r"(?:\bhad\b|under(?:went|gone)|operat|surger|repair|replacement|reconstruct)[^.;]{0,80}\bin ((?:19|20)\d\d)\b"
)
_AFTER_SURGERY = re.compile(r"(?:status[- ]post|s/p|post[- ]?op(?:erative)?|under(?:went|gone)|\bhad) (?:[a-z]+ ){0,2}$")


class _Mention(NamedTuple):
    """A region named where it counts."""

    match: Match
    why: str


def requested(text: str, vocabulary: Vocabulary, injured: Sequence[str] = ()) -> Found:
    """Regions named in a request. A "back" that nothing tells more of is the part of the back that is injured, else all of it."""
    matches = vocabulary.find(text)
    mentions = [_Mention(match, "request") for match in matches if not _is_of_another(match, matches)]
    return _found("request_body_parts", _one_back(mentions, injured), vocabulary)


def injured(paragraphs: Iterable[str], vocabulary: Vocabulary) -> Found:
    """Regions that the case summary gives as injured, diagnosed or complained of."""
    sentences = list(map(squeeze, _sentences(paragraphs)))
    year = _year_of_injury(sentences)
    topics = zip(sentences, _topics(sentences, vocabulary), strict=True)
    mentions = [mention for sentence, why in topics if why for mention in _counting(sentence, why, vocabulary, year)]
    awake = [mention for mention in mentions if mention.match.words not in _SLEEP]
    if len(awake) < len(mentions) and any(map(_SLEEPLESS_OF_MIND.search, sentences)):
        mentions = awake
    named = set[str]()
    if any(mention.match.words == "back" for mention in mentions):  # which part of it, any sentence may tell
        named = {match.value.id for sentence in sentences for match in vocabulary.find(sentence) if match.words != "back"}
    return _found("injured_body_parts", _one_back(mentions, named), vocabulary)


def of_issue(
    requested: tuple[str, ...], guidelines: Iterable[str], injured: tuple[str, ...]
) -> tuple[tuple[str, ...], str | None]:
    """What the facet uses, and the rule that gave it: the request, the reviewer's MTUS guideline, its ODG chapter, the injury."""
    listed = list(guidelines)
    if requested:
        return requested, "request"
    for rule, family in (("guideline", "mtus/"), ("odg-chapter", "odg/")):
        cited = [guideline.removeprefix(family) for guideline in listed if guideline.startswith(family)]
        parts = [part for name in cited for part in OF_GUIDELINE.get(name, ())]
        if parts:
            return tuple(dict.fromkeys(parts)), rule
    return (injured, "injury") if injured else ((), None)


def _sentences(paragraphs: Iterable[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        for sentence in _SENTENCE.split(_ITEM.sub("; ", paragraph)):
            pieces = _FINDING.split(sentence) if "documentation of" in sentence else [sentence]
            yield from (piece for piece in pieces if piece.strip())


def _is_of_another(match: Match, matches: Sequence[Match]) -> bool:
    """CRPS belongs to the limb that has it, as does skin that is infected or burnt; what is made for knees may go elsewhere."""
    return match.words in _OF_ANOTHER and any(other.value.id != match.value.id for other in matches)


def _year_of_injury(sentences: Iterable[str]) -> int:
    """Of the first date that is told of it; 0 for none, and for cumulative trauma, which has years of its own."""
    for sentence in sentences:
        if told := _INJURED_ON.search(sentence):
            year = int(told[1])
            return 0 if "cumulative" in sentence else year if year > 99 else year + (2000 if year < 50 else 1900)
    return 0


def _topics(sentences: Iterable[str], vocabulary: Vocabulary) -> Iterator[str | None]:
    """What each is about; an item in a list of diagnoses that says nothing of itself is one of them. Not asked of a sentence
    without a region, unless a list goes on behind it.
    """
    is_listed = False
    for text in sentences:
        if not text.endswith(";") and not vocabulary.find(text):
            is_listed = False
            yield None
            continue
        about = _about(text) or ("diagnosis" if is_listed and not _OTHER.search(text) else None)
        is_listed = text.endswith(";") and (is_listed or about == "diagnosis")
        yield about


def _counting(text: str, why: str, vocabulary: Vocabulary, year: int) -> Iterator[_Mention]:
    """The regions of a squeezed sentence about the injury, without those denied, those only imaged or treated, and those operated
    on in an earlier year than that of the injury.
    """
    matches = vocabulary.find(text)
    start = 0
    for border in [*(match.start() for match in _CLAUSE.finditer(text)), len(text)]:
        clause = text[start:border]
        operated = _OPERATED_IN.search(clause)
        is_earlier = operated is not None and int(operated[1]) < year
        for match in matches:
            here = start <= match.start < border and not _is_of_another(match, matches)
            if (
                here
                and not is_earlier
                and not _denied(clause, match.start - start, match.end - start)
                and not _imaged(text, match)
            ):
                yield _Mention(match, why)
        start = border


def _about(text: str) -> str | None:
    """`diagnosis` or `complaint`; None for a sentence about something else."""
    if not _COUNTS.search(text):
        return None
    named, other = _NAMED.search(text), _OTHER.search(text)
    if other is None:
        return "diagnosis" if named else "complaint"
    told = _TOLD.search(text)
    first = min((found.start() for found in (named, told) if found), default=len(text))
    if first > other.start():
        return None
    return "diagnosis" if named and named.start() == first else "complaint"


def _denied(clause: str, start: int, end: int) -> bool:
    """Does a denial, or what merely makes it worse, stand before the words and still hold there, or else behind them?"""
    if _NOT_AFTER.match(clause, end):
        return True
    before = clause[:start]
    *_, last = (None, *_NOT.finditer(before))
    if last is None:
        return False
    if last["moment"]:
        return not _HAPPENED.search(before, last.end())
    return not _LETS_GO.search(before, last.end() + 2)  # "no sustained injury" does not let go


def _imaged(text: str, match: Match) -> bool:
    """Only imaged or treated; what was operated on was injured."""
    before = text[max(0, match.start - 90) : match.start]
    return not _AFTER_SURGERY.search(before) and bool(_OF_IMAGE.search(before) or _BEFORE_IMAGE.match(text, match.end))


def _one_back(mentions: Sequence[_Mention], known: Collection[str]) -> list[_Mention]:
    """ "Back" alone names both parts of the back, unless another word or the injury tells which."""
    told = {mention.match.value.id for mention in mentions if mention.match.words != "back"} & {"low-back", "upper-back"}
    kept = {"low-back", "upper-back"} & set(known) or {"low-back", "upper-back"}
    return [mention for mention in mentions if mention.match.words != "back" or (mention.match.value.id in kept and not told)]


def _found(field: str, mentions: Iterable[_Mention], vocabulary: Vocabulary) -> Found:
    first: dict[str, _Mention] = {}
    for mention in mentions:
        first.setdefault(mention.match.value.id, mention)
    ids = sorted(first, key=lambda region: vocabulary.order[region])
    evidence = (
        Evidence(
            field=field, value=region, rule=f"{first[region].why}: {first[region].match.rule}", words=first[region].match.words
        )
        for region in ids
    )
    return tuple(ids), tuple(evidence)
