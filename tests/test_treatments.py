"""The kind of treatment a request asks for: typical requests of every category, written from domain knowledge."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder import rules, treatments

FACETS = Path(rules.__file__).with_name("facets")
VOCABULARY = rules.load({"treatment": (FACETS / "treatment.toml").read_text()}).vocabularies["treatment"]

REQUESTS = """
diagnostic-testing/imaging
    MRI of the lumbar spine
    MRI right shoulder without contrast
    MRI FOR THE C/S AND L/S
    Repeat MRI of the cervical spine with and without gadolinium
    MR arthrogram of the left hip
    Follow-up MRI of the left knee                          # the visit words do not make it a visit
    3.0 Tesla MRI, right wrist
    CT scan of the cervical spine without contrast
    CT myelogram lumbar spine
    X-rays of the thoracic spine
    X-ray cervical, thoracic and lumbar spine
    Xray: right hand, 3 views
    Radiographs of the left ankle
    Lumbar spine flexion/extension x-rays
    Outpatient radiologic imaging of cervical spine
    Outpatient CT lumbar spine
    Bone scan, three phase
    Whole body bone scan
    DEXA scan
    Diagnostic ultrasound of the right shoulder
    Ultrasound of the left elbow
    Venous Doppler ultrasound, right leg
    Duplex scan of the lower extremities
    Lumbar discogram L3-S1
    Associated surgical service: Chest x-ray
    Associated surgical service: C-arm
    Post-op x-rays
    SPECT/CT of the lumbar spine
    PET scan brain
    Mammogram
    Open MRI of the thoracic spine with sedation
    Retrospective x-ray of the right foot DOS 3/4/15
    Thoracic spine MRI, without dye
    Standing AP/lateral views of the knee
    Flexion-extension x-rays of the lumbar
    Updated MRI C-spine
    MRA of the brain
    MRI (magnetic resonance imaging) scan of right ankle
    Ultrasound study of bilateral wrists
    CT of head without contrast
    Plain x-ray films of both hips
    Renal ultrasound
    Carotid ultrasound
    Repeat arthrogram
    US of the right shoulder
    Scoliosis series, standing films
diagnostic-testing/emg-ncv
    EMG/NCV of the bilateral upper extremities
    EMG of the right lower extremity
    NCS left upper extremity
    EMG/NCS BLE
    Electrodiagnostic studies of the upper extremities
    Electromyography (EMG) of the left arm
    Nerve conduction velocity study, bilateral legs
    Electro-diagnostic consultation
    Repeat nerve conduction studies
    EMG and NCV by a neurologist
    Electromyography (EMG)/Nerve Conduction Velocity (NCV) bilateral upper extremities
    EMG right upper extremity, as outpatient
    Electrodiagnostic studies (EMG/NCV) of bilateral lower extremities
    NCV study of the left upper extremity
diagnostic-testing/laboratory
    Urine drug screen
    Urine drug testing, quarterly
    UDS
    Urine toxicology screen
    Random urine drug test 4 times a year
    Retrospective: urine drug screen (DOS 1/5/14)
    12-panel drug screen with confirmation by gas chromatography
    Labs: CBC, CMP, UA
    CBC
    Pre-op labs
    Pre-operative PT/PTT                                    # not physical therapy
    Pre-op lab: PT, PTT, INR
    Blood test: hepatic panel
    Comprehensive metabolic panel
    Chem 8 panel
    Hemoglobin A1c
    Testosterone level                                      # the test, not the drug
    Vitamin D level
    Genetic testing for narcotic risk
    Cytokine DNA testing for pain
    H. pylori breath test
    MRSA nasal swab
    Liver function tests
    Type and screen
    Associated surgical service: UA
    Pre-operative urinalysis
    Serum drug levels
    Pathology
    Retrospective request for 1 urinalysis drug screening, date of service 10/1/2013
    Toxicology-urine drug screen
    Quarterly labs: CBC, hepatic and renal function
    DNA/pharmacogenetics testing
    Comprehensive drug panel
    Lab work to assess renal and hepatic function
    Point of care urine drug test
    Confirmatory urine testing via LC/MS
    Urine drug screen (UDS) 10 panel
    TSH, T4, lipid panel
    CBC with diff
    Blood work
    EIA9 with GCMS4/fentanyl/meperidine                     # drugs are what it looks for
    Cytochrome P450 testing
    U-tox
    Tramadol level
    Vitamin D 25-OH level
    Liver and kidney function testing
    Referral for labs
diagnostic-testing/other-diagnostic
    Functional capacity evaluation
    FCE
    Functional Capacity Evaluation (FCE), initial
    Range of motion testing
    Computerized muscle strength and range of motion testing
    Sleep study
    Overnight polysomnogram
    EKG
    Pre-operative EKG
    Associated surgical service: Electrocardiogram
    Labs to include: EKG
    Echocardiogram
    Cardiac stress test
    Treadmill stress test
    Pulmonary function test
    EEG
    Videonystagmography (VNG)
    Audiogram
    Upper endoscopy
    Colonoscopy
    Holter monitor, 24 hours
    Urodynamic study
    Work capacity evaluation
    Ergonomic evaluation of the workstation
    Sudoscan
    Thermography
    Initial Functional Capacity Evaluation between 1/1/14 and 3/1/14
    Range of Motion (ROM) and muscle testing monthly
    Sleep apnea testing
    24 hour urodynamics
    Baseline functional capacity exam
    2D echocardiogram with doppler
    ECG
    EGD with biopsy
    Referral for FCE
dmepos/dme
    Cold therapy unit
    Cold therapy unit with pad, 7 day rental
    Associated surgical service: Cryotherapy unit
    Associated surgical service: Polar care unit 14 days
    Hot/cold therapy unit for purchase
    Game Ready rental, 2 weeks
    Vascutherm 4 DVT unit, 30 day rental
    DVT compression pump
    Intermittent pneumatic compression device
    Front wheeled walker
    Crutches
    Post-op crutches
    Cane
    Power wheelchair
    Wheelchair repair
    Motorized scooter
    Hospital bed
    Orthopedic mattress
    Tempur-Pedic mattress
    Cervical pillow
    Shower chair
    Raised toilet seat
    Bedside commode
    3-in-1 commode
    Continuous passive motion machine, 21 days
    CPM rental
    Home cervical traction unit
    Saunders lumbar traction unit
    Inversion table
    Home exercise kit for the shoulder
    Exercise ball
    Ergonomic chair
    Bone growth stimulator
    CPAP machine
    Heating pad
    Moist heat pad
    Ice pack
    Hot pack
    Paraffin bath
    Recliner lift chair
    Grab bars for bathroom
    DME: front wheel walker
    Wheelchair ramp
    Knee scooter
    Theracane
    Blood pressure monitor
    Home glucose monitor
    Infrared unit for home use
    Home modification: walk-in shower
    30 day rental of a cold therapy recirculation system with wrap
    DVT/Cold therapy unit x 30 days
    Purchase of pneumatic intermittent compression device
    Thermacooler system
    Wheelchair, manual, with elevating leg rests
    Tub bench with back and hand-held shower
    Bedside commode and shower chair
    Contrast compression unit
    Ergonomic work station
    Sit-stand workstation
    Lumbar home traction system
    Shower grab bar installation
    4-wheeled walker with seat
    Elevated toilet seat
    Continuous cold therapy (CCT) unit
    Micro cool unit
    Shoulder pulley
    Gel cushion for chair
    Massage chair
    Portable oxygen concentrator
    Wheeled knee walker 3 month rental
    Portable infrared heating pad
    APAP machine                                            # but APAP is a drug
    Repair of power wheelchair
    Replacement of mattress
    Combo unit
dmepos/electrical-stimulation
    TENS unit
    TENS unit, 30 day trial
    T.E.N.S. unit
    Purchase of TENS unit
    TENS/EMS unit
    Interferential unit
    IF unit rental
    Interferential stimulator for home use
    H-wave unit, 3 month rental
    Home H-Wave device
    NMES unit
    Neuromuscular electrical stimulator
    Muscle stimulator
    OrthoStim 4 unit
    Solace multi stim unit
    Alpha-Stim
    Transcutaneous electrical nerve stimulation unit
    Multi stim unit plus supplies
    Meds-4 interferential unit with garment
    Electrical stimulation unit
    DME: TENS unit
    Home IF unit x 60 day trial with supplies
    X-Force stimulator unit, 2 month supplies, conductive garment
    Prime dual nerve stimulator (TENS/EMS)
    TENS (transcutaneous electrical nerve stimulation) unit, 4 lead
    H-Wave homecare system, purchase
    Neurostimulator TENS-EMS
    EMS unit with electrodes
    VQ OrthoStim4 with supplies
dmepos/prosthetics-orthotics
    Lumbar brace
    LSO back brace
    Back support
    Lumbar support
    Wrist splint
    Bilateral carpal tunnel braces
    Hinged knee brace
    Left knee brace, custom
    Thumb spica splint
    Cervical collar
    Associated surgical service: Shoulder sling
    Associated surgical service: Ultrasling
    Shoulder immobilizer with abduction pillow
    Custom orthotics
    Foot orthotics
    Orthopedic shoes
    CAM walker boot
    Walking boot
    Ankle foot orthosis
    Elbow sleeve
    Hearing aids
    Prosthetic leg
    Eyeglasses
    Insoles
    Posture brace
    Knee immobilizer
    DME lumbar corset
    1 lumbar spine brace
    Pro-Tech shoulder sling with pillow
    Kronos lumbar pneumatic brace
    Orthotics, bilateral custom-molded foot
    Wrist brace, cock-up
    Right ankle AFO
    OA unloader knee brace
    Cervical pneumatic collar
    Knee sleeve
    Lumbosacral orthosis (LSO) custom
    Extra depth shoes with inserts
    Right below knee prosthesis socket replacement
    Left wrist cock-up splint
    Replacement of knee brace
    Bifocal lenses
dmepos/supplies
    TENS unit supplies
    TENS unit electrodes                                    # the head of the compound stands last
    Electrodes for TENS unit
    Electrodes, batteries and lead wires
    Replacement batteries for TENS unit
    Wound care supplies
    Gauze and tape
    Compression stockings
    TED hose
    Associated surgical service: 2 leg wraps
    Associated surgical service: Shoulder wrap
    Kinesio tape
    CPAP supplies
    Syringes
    Test strips and lancets
    Conductive garment
    Adult diapers
    Electrodes x 18 pairs, 9V batteries
    Dressing supplies
    Lead wires and electrodes for 3 months
    Compression hose, thigh high
    Replacement of TENS pads                                # no surgery
    Kinesiotape
evaluation-management/office-visit
    Follow-up visit
    Referral for follow-up visits
    Follow-up with orthopedic surgeon
    Follow up with pain management in 4 weeks
    Orthopedic follow-up
    Office visit
    Follow-up office visits x 6
    Monthly office visits
    Post-op visit
    2 post-operative visits
    Re-evaluation in 6 weeks
    Return visit with primary treating physician
    Medication management visits
    Follow-up consultation with neurologist
    Pain management follow-up
    F/U appointment
    Follow-up evaluation with an orthopedist
    Clinic visit
    Outpatient visit
    Orthopedic surgeon follow-up
    Pain management follow up visits
    Return to clinic in 4 weeks
    Follow-up visit with pain management specialist for epidural
    Outpatient follow-up visits x 12
    Re-evaluation with primary treating physician
    Follow up in 6 weeks
    Pain management follow up, monthly x 6
    Office visits, pain management (6)
    Neurologist follow-up
    Recheck in 4 weeks
    Post-operative follow-up visits with fluoroscopy
evaluation-management/consultation
    Orthopedic consultation
    Consultation with pain management for injections        # the first part decides
    Pain management consultation
    Pain management consult and treatment
    Pain management
    Pain management specialist referral
    Referral to neurologist
    Referral to a spine surgeon
    Neurology consultation
    Neurosurgical consultation
    Spine surgery consultation
    Spine surgery evaluation
    Consultation for lumbar fusion
    Surgical consultation for the right shoulder
    Hand surgeon evaluation
    Hand specialist consult
    Internal medicine consultation
    Podiatry consult
    Evaluation and treatment with a physiatrist
    Second opinion
    ENT consultation
    Ophthalmology evaluation
    Urology consultation
    Gastroenterologist consultation
    Rheumatology referral
    Cardiology consult
    Dermatology consultation
    Transfer of care to pain management
    Sleep specialist evaluation
    General surgery consult
    Vascular surgeon consultation
    Evaluation for epidural injections
    Consult with orthopedic surgeon re: right knee
    TOC to ortho
    Nurse case manager
    Consultation with Dr. X, orthopedic spine surgeon
    Referral to general orthopedics
    Pain Medicine Consult, Qty: 1
    Spine specialist consult
    Ortho consult for right knee
    Initial consultation with hand surgeon
    Evaluation with ENT for tinnitus
    Neuro-ophthalmology consult
    Endocrinology evaluation
    Bariatric surgery consultation
    Consultation with an internist for hypertension
    One consultation with interventional pain specialist
    Toxicology consult
    Foot and ankle specialist
evaluation-management/dental
    Dental evaluation
    Dental treatment
    Crown on tooth #14
    Root canal
    Periodontal scaling
    Dental consult
    Referral to dentist
    Night guard by dentist
    Dental implants
    Consultation with dentist for bruxism
    Tooth #3 crown
    Dental exam and x-rays
    PFM crown #14
    Implant #19
    Osseous surgery, four quadrants
evaluation-management/medical-clearance
    Medical clearance
    Pre-operative medical clearance
    Pre-op clearance
    Surgical clearance
    Cardiac clearance
    Associated surgical service: Pre-op clearance with internist
    Pre-op H&P
    History and physical
    Pre-operative evaluation
    Internal medicine consultation for surgical clearance
    Pre-operative visit
    Pre-op exam
    Medical clearance: EKG and labs
    Pre-op medical clearance with labs, EKG and chest x-ray
    Internal medicine evaluation for surgical clearance
    Preoperative history and physical examination
    Pre-operative clearance to include H&P
    Cardiology pre-op clearance
    Pre-op appointment
    Preoperative internal medicine evaluation
    Pre-op internist evaluation
    Pre-operative medical consultation
    Pre-op medical exam
home-health
    Home health aide 4 hours a day
    Home health care, 8 hours per day
    Home health physical therapy 2 x 4                      # at home: not rehabilitation
    Home health nurse for wound care
    Home care assistance
    Housekeeping services
    Caregiver
    In-home skilled nurse visits
    Visiting nurse
    RN evaluation for home health
    Post-op home health
    Attendant care 24/7
    Private duty nurse
    Home health evaluation
    Registered nurse weekly visits for injections
    Home assistance 4 hours/day, 3 days a week
    Home healthcare 6 hours a day 5 days a week
    Post-op home health nurse for dressing changes
    24 hour home care
    Housekeeping 4 hours per week
    Home health RN evaluation
    Private duty nursing
    Health aide 4 hours a day
    4 hours of help at home per day, home health aide
injection/epidural
    Lumbar epidural steroid injection
    Lumbar epidural steroid injection under fluoroscopy
    LESI L4-5
    Bilateral L5-S1 transforaminal ESI
    Cervical epidural injection C5-6
    Caudal epidural
    Right L4 selective nerve root block
    Transforaminal epidural steroid injection at L4-L5 with sedation
    ESI #2
    Injection, lumbar epidural
    Interlaminar epidural injection at C7-T1 with IV sedation and fluoroscopic guidance
    Epidurogram
    Second lumbar ESI
    Right L4-5 and L5-S1 transforaminal epidural steroid injections with fluoroscopy and anesthesia
    Cervical ESI at C7-T1
    Left L5, S1 SNRB
    One repeat lumbar transforaminal ESI
    Caudal ESI w/ catheter
injection/facet
    Lumbar facet injections
    L4-5 facet blocks
    Bilateral medial branch blocks at L3, L4, L5
    MBB L4-S1
    Radiofrequency ablation, L4-5
    Cervical facet rhizotomy
    RFA of the medial branches
    Left C4-6 radiofrequency neurotomy
    Lumbar rhizotomy
    Facet joint injection under fluoroscopy
    Left L3, L4, L5 medial branch block under fluoroscopic guidance
    C4-5, C5-6 facet joint injections
    Bilateral L3-4, L4-5 radiofrequency
    Diagnostic medial branch blocks right C3-C6
injection/joint
    Cortisone injection to the left shoulder
    Left knee cortisone injection
    Right shoulder subacromial injection
    Ultrasound guided injection of the right hip
    Ultrasound guided right shoulder steroid injection
    Synvisc injection
    Orthovisc injections x 3, right knee
    Supartz
    Viscosupplementation
    Hyaluronic acid injections for the knee
    Sacroiliac joint injection
    Bilateral SI joint injections
    SI joint block
    Intra-articular injection
    Hip injection under fluoroscopy
    Greater trochanteric bursa injection
    Injection of 1cc Celestone and 2cc lidocaine into the left shoulder
    Cortisone injection, left shoulder, under ultrasound guidance
    Right sacroiliac joint injection under fluoroscopy
    Series of 3 Synvisc injections bilateral knees
    Kenalog injection to the right shoulder
    Right knee Orthovisc injection series
    Left hip intra-articular steroid injection
    Corticosteroid injection right shoulder
    Right AC joint injection
    Steroid injection right thumb CMC joint
injection/trigger-point
    Trigger point injections
    Trigger point injections x 4 to the right shoulder      # a muscle, not the joint
    TPI
    Retrospective trigger point injection, lumbar
    Ultrasound guided trigger point injections
    Four trigger point injections (TPI) to the cervical spine
injection/other-injection
    Platelet-rich plasma injection to the left elbow
    Occipital nerve block
    Stellate ganglion block
    Lumbar sympathetic block
    Botox injections
    Botulinum toxin 155 units for migraine
    Toradol injection
    Toradol 60mg IM
    Injection Toradol 60mg
    Vitamin B12 injection
    Injection: Kenalog
    Retro Toradol injection 60mg IM
    PRP injection
    Stem cell therapy
    Ketamine infusion
    Carpal tunnel injection
    Trigger finger injection
    Genicular nerve block
    Intramuscular injection
    Nerve block
    Steroid injection
    Prolotherapy
    Dexamethasone injection
    Botox 200 units for cervical dystonia
    Left greater occipital nerve block
    1 IM injection of Toradol 60mg
    Right stellate ganglion block
    Sphenopalatine ganglion block
    Right plantar fascia cortisone injection
    Toradol IM 60mg
    Bilateral occipital nerve blocks under ultrasound
    Ganglion impar injection
    Intrathecal pump refills
pharmaceuticals/opioid
    Norco 10/325mg #60
    Norco
    Hydrocodone/APAP 10/325 #120
    Hydrocodone-acetaminophen 5-325 mg
    Vicodin ES
    Percocet 10/325mg #90
    Oxycodone 15mg
    OxyContin 20 mg #60
    MS Contin 15mg
    Morphine sulfate ER 30mg #60
    Tramadol 50mg #60
    Tramadol HCL ER 150mg, #30
    Ultram
    Ultracet 37.5/325
    Nucynta 75mg
    Opana ER
    Methadone 10mg
    Fentanyl patch 25mcg #10                                # not a topical
    Duragesic 50mcg/hr patches
    Butrans 10mcg patch
    Suboxone 8/2mg
    Dilaudid 4mg
    Tylenol #3
    Tylenol with codeine
    Acetaminophen with Codeine #3
    Belbuca 150 mcg
    Retrospective Tramadol
    Tramadol extended release 150mg                         # no surgical release
    Hydrocodene 10/325                                      # misspelled
    Opioid medication
    One month supply of Norco
    Tramadol hydrochloride ER 150mg capsules quantity 90
    Hydrocodone (Norco) 2.5/325mg
    Retro: Norco 5/325 DOS 2/2/14
    Percocet 5/325mg one tab every six hours as needed #120
    Oxycodone IR 10 mg, 120 count
    Nucynta ER 100 mg BID
    Hysingla ER 20mg
    Xtampza ER 9 mg
    Buprenorphine 0.25mg sublingual troches #30
    Tylenol-Codeine No. 4
    Percoset 10/325mg #90
    Tramodol 50mg
    Hydrocodone 10mg/APAP 325mg #60
    Hydrocodone bitartrate/APAP 10/325
    M.S. Contin 15mg
    Acetaminophen #3
    Oxycod/APAP 10/325
pharmaceuticals/nsaid
    Naproxen 550mg #60
    Naproxen sodium (Anaprox DS)
    Ibuprofen 800 mg
    Motrin 600mg
    Celebrex 200mg
    Meloxicam 15mg
    Mobic 7.5mg
    Diclofenac sodium 75mg
    Diclofenac XR 100mg
    Voltaren XR
    Nabumetone 750mg
    Relafen
    Etodolac
    Ketorolac 10mg #20
    Duexis
    Indomethacin 50mg
    Vimovo
    Fenoprofen calcium (Nalfon) 400mg
    NSAIDs
    Aspirin 81mg
    Prospective request for 1 prescription of Anaprox 550mg #90
    Nalfon capsules 400 mg
    Ketoprofen 75mg capsules
    Lodine 400mg
    Naproxyn
    Napoxen 550mg
pharmaceuticals/muscle-relaxant
    Cyclobenzaprine 7.5mg #60
    Flexeril
    Fexmid 7.5 mg
    Soma 350mg #60
    Carisoprodol
    Tizanidine 4mg
    Zanaflex
    Baclofen 10mg
    Robaxin-750
    Methocarbamol 500mg
    Skelaxin 800mg
    Orphenadrine citrate ER 100mg #60
    Norflex
    Muscle relaxants
    Cyclobenzoprine 7.5mg                                   # misspelled
    Norflex (Orphenadrine) 100 mg ER
    Parafon Forte DSC
pharmaceuticals/topical
    Lidoderm patches 5% #30
    Lidocaine patch
    Lidocaine 5% ointment
    Terocin patch
    Terocin lotion
    Menthoderm gel 240gm
    LidoPro cream
    Flurbiprofen 20%/lidocaine 5% cream
    Flurbiprofen/Baclofen/Dexamethasone cream 210gm
    Flurbiprofen 20%, Tramadol 15% 180gm
    Gabapentin 10%, amitriptyline 10%, dextromethorphan 10% in mediderm base
    Topical compound: ketoprofen, gabapentin
    Compound cream
    Compounded medication
    Capsaicin 0.025%, Flurbiprofen 15%, Gabapentin 10%, Menthol 2%, Camphor 2% 180gm
    Voltaren gel 1%
    Voltaren 1% gel 100g
    Diclofenac 1.5% topical
    Flector patch
    Gabapentin/Amitriptyline/Dextromethorphan               # no drug is taken so by mouth
    Ketoprofen 240gm
    Pennsaid
    Ketoprofen cream
    Capsaicin patch
    Biofreeze
    Medrox patches
    Dendracin lotion
    Ibuprofen 10% cream
    Topical analgesics
    Salonpas patches
    Lidocaine/Menthol patch
    Compound: Tramadol, Baclofen 240 grams                  # "compound" says that it is one
    1 container of Flurbiprofen/Tramadol 20/20% 240gm
    Terocin (methyl salicylate, capsaicin, menthol, lidocaine) 240ml
    Lidocaine/Hyaluronic (patch) 6% 0.2% cream
    Cooleeze (menth/camp cap/hyalor acid 3.5%, 0.5%, .006%, 0.2%)
    Medi-patch with lidocaine
    LidAll patches #30
    Fluriflex 15/10% 240 gm cream
    TGHot 8/10/2/.05% 240gm cream
    Diclofenac/lidocaine (3%/5%) 180g
    Voltaren gel 100gm tube times 3
    NPC1 (Amitriptyline 10%, Gabapentin 10%, Bupivacaine 5%)
    Capsaicin 0.0375% / Menthol 10% / Camphor 2.5% / Tramadol 20%
    Topical creams (unspecified)
    Lidocaine pad 5%
    Methoderm ointment 120ml
    Compounded ketamine
    Nabumetone/baclofen topical
    Cyclobenzaprine topical
    Ketoprofen powder 20 grams
pharmaceuticals/anticonvulsant
    Gabapentin 600mg #90
    Neurontin 300mg
    Lyrica 75mg
    Pregabalin
    Topamax 50mg
    Topiramate
    Gralise
    Keppra 500mg
    Depakote
    Gabapentin (Neurontin) tab 600mg 1 tab QHS
pharmaceuticals/antidepressant
    Cymbalta 60mg
    Duloxetine
    Trazodone 50mg #30
    Amitriptyline 25mg
    Elavil
    Effexor XR
    Zoloft 50mg
    Lexapro
    Wellbutrin XL 150
    Nortriptyline 25 mg
    Fluoxetine 20mg
    Remeron
    Savella
    Effexor 75 mg 1 tab BID
    Viibryd 40mg
    Citalopram HBR 20 mg
    Desyrel
pharmaceuticals/benzodiazepine
    Xanax 0.5mg #60
    Alprazolam
    Ativan 1mg
    Klonopin
    Valium 5mg
    Diazepam 10mg
    Temazepam 15mg
    Clonazepam 0.5
    Lorazepam 1mg BID #60
pharmaceuticals/sedative-hypnotic
    Ambien 10mg #30
    Zolpidem
    Lunesta 2mg
    Eszopiclone
    Sonata
    Belsomra
    Zolpidem tartrate (Ambien) 10mg
    Lunesta (eszopiclone) 1 mg at bedtime
pharmaceuticals/gi-agent
    Omeprazole 20mg #60
    Prilosec
    Protonix 40mg
    Nexium
    Ranitidine 150mg
    Zantac
    Famotidine
    Colace 100mg
    Docusate sodium 250mg
    Senna 8.6mg
    Senokot-S
    Miralax
    Amitiza 24mcg
    Movantik for opioid induced constipation
    Carafate
    Linzess
    Omeprazole delayed release capsules 20mg #120
    Dexilant 60 mg
    Aciphex
    Prilosec (omeprazole) 20mg with naproxen
    Laxacin
    Citrucel
    Rabeprazole 20mg
pharmaceuticals/antiemetic
    Zofran 8mg #10
    Ondansetron ODT 8mg
    Promethazine 25mg
    Phenergan
    Meclizine
    Reglan
    Associated surgical service: Zofran 4mg
    Ondansetron ODT tablets 8 mg, thirty count
pharmaceuticals/other-drug
    Fioricet
    Imitrex 50mg
    Sumatriptan succinate 25mg #9
    Keflex 500mg #28
    Associated surgical service: Keflex
    Medrol Dosepak
    Prednisone
    Lisinopril 10mg
    Metformin
    Viagra 100mg
    Cialis
    Testosterone cypionate
    Seroquel 50mg
    Abilify
    Buspar
    Hydroxyzine
    Theramine #60
    Sentra PM
    Vitamin D3
    Glucosamine
    Acetaminophen 500mg
    Tylenol extra strength
    Narcan nasal spray
    Naloxone
    Albuterol inhaler
    Xarelto
    Lovenox
    Chantix
    Nicotine patch
    Provigil
    Nuvigil 150mg
    Restasis eye drops
    Humira
    Medical marijuana
    Zyrtec
    Benadryl 25mg
    Quinoxybrol 50mg #60                                    # unknown, but dispensed by the milligram
    Medical foods
    Trepadone #120
    Levofloxacin 750mg #20
    Prednisone taper
    Cyanocobalamin tablets
    Albuterol HFA
    Ciprofloxacin HCL 500 mg
    Atenolol 25mg
    Amlodipine
    Norvasc 10 mg
    ASA/Caffeine/Butalbital
    Medical food: Theramine
    Glucosamine sulfate 500 mg
    Risperdal 1mg
    Latuda
    Insulin
    Hydrochlorothiazide
    APAP 500mg
    Hydrocortisone 10mg
    Aripiprazole 5mg
    Flu shot
    Hep B vaccine                                           # no home exercise program
    Sumavel DosePro 6mg
programs
    Functional restoration program
    Functional restoration program, 80 hours
    FRP evaluation
    HELP program
    NCFRP initial evaluation
    Interdisciplinary pain management program
    Multidisciplinary evaluation for a functional restoration program
    Work hardening program
    Work conditioning 10 sessions
    Weight loss program
    Medically supervised weight reduction program
    Lindora weight loss
    Detoxification program
    Inpatient detox 7 days
    Inpatient rehabilitation, 2 weeks
    Acute inpatient rehab
    Skilled nursing facility stay
    Brain injury program
    Partial hospitalization program
    Intensive outpatient program
    Chronic pain program
    Residential treatment
    Smoking cessation program
    Initial evaluation at a functional restoration program
    10 days of HELP interdisciplinary pain program
    Intensive outpatient weight management program
    In-patient rehabilitation stay
    Multidisciplinary functional restoration program trial 2 weeks
    Work hardening 2x6
    Physician-supervised weight loss program
    Subacute rehab stay 14 days
    Chronic pain rehabilitation program initial assessment
    Additional 80 hours of HELP
behavioral-mental-health/evaluation
    Psychological evaluation
    Initial psychological evaluation
    Comprehensive psychological evaluation
    Psychological consultation
    Psychiatric evaluation
    Psychiatric consultation and treatment
    Psych consult
    Consultation with a psychologist
    Referral to psychiatrist
    Neuropsychological testing
    Neuropsych evaluation
    Psychological clearance for spinal cord stimulator
    Psychological testing, 6 hours
    Pain psychology evaluation
    Behavioral evaluation
    Psychologist
    Pre-surgical psychological evaluation
    Evaluation by a pain psychologist
    Psychiatric consult and treat
    Psychological screening prior to SCS trial
    Psychology consult for CBT
    Neurocognitive evaluation
    Psych eval and treat
    Referral for psychological evaluation
behavioral-mental-health/therapy
    Cognitive behavioral therapy
    CBT x 12
    Cognitive behavioral psychotherapy, 6 sessions
    Psychotherapy
    Individual psychotherapy once a week
    Group medical psychotherapy
    Psychological treatment x 6
    Psychological counseling
    Biofeedback
    Biofeedback therapy 6 sessions
    Relaxation training/hypnotherapy
    Hypnotherapy
    Counseling
    Stress management
    Pain psychology sessions
    6 sessions with a psychologist
    Psych treatment
    EMDR
    Transcranial magnetic stimulation
    Cognitive behavioral therapy once a week for 6 weeks with psychologist
    Group psychotherapy 1 time a week x 8
    Follow up visits with psychologist x 6
    Psychotherapy treatment, twice monthly
    12 biofeedback sessions
    Psychological pain counseling
    Cognitive-behavior therapy
    Individual pain psychotherapy
rehabilitation/physical-therapy
    Physical therapy
    Physical therapy 2 times a week for 6 weeks, lumbar spine
    PT 2X4 FOR THE L/S
    Referral for physical therapy                           # a category named alone gives way
    Physical therapy for a compound fracture
    PT
    P.T. 3 x 4
    Outpatient physical therapy
    Post-op physical therapy 12 sessions
    Associated surgical service: Post-operative physical therapy
    Post-injection physical therapy                         # the injection is past
    Physical therapy status post right knee arthroscopy
    Physical therapy for the right shoulder after rotator cuff repair
    Physical therapy evaluation and treatment
    Occupational therapy 2x6
    OT x 12
    Hand therapy
    Aquatic therapy
    Pool therapy twice a week
    Aqua therapy
    Manual therapy
    Therapeutic exercise
    Home exercise program
    Vestibular therapy
    Physiotherapy
    Gait training
    Physical therapy with electrical stimulation
    Physical therapy and chiropractic                       # of several, the first
    Evaluation by a physical therapist
    Work-related physical medicine treatment
    Twelve (12) sessions of physical therapy for the lumbar spine, 2 times per week
    Additional post-operative rehabilitative therapy 2x6 right shoulder
    Pool PT 2 x 4
    Aquatherapy 8 visits
    Continued PT with hand therapist
    PT/OT 2x/week for 4 weeks
    Physical therapy (aquatic) 2 x week
    Post surgical physiotherapy 3x4 right wrist
    Therapeutic exercises, neuromuscular re-education and manual therapy
    Supervised PT for cervical
    Occupational hand therapy
    Evaluation and treatment with physical therapy
    Post-op rehab 3x4 for the right knee
rehabilitation/chiropractic
    Chiropractic
    Chiropractic treatment 2x4
    Chiropractic care, lumbar spine
    Chiropractic manipulation
    Chiropractic physiotherapy
    Chiro 3 x 4
    Chiropractor
    Chiropractic evaluation
    Spinal manipulation
    Manipulative therapy
    Chiropractic sessions x 8 with physiotherapy modalities
    Chiropractic manipulative therapy and myofascial release
    Chiropractic w/ therapy modalities 3x4
    Physical manipulation by chiropractor
rehabilitation/acupuncture
    Acupuncture
    Acupuncture 2 times a week for 4 weeks
    Acupuncture evaluation and treatment
    Electroacupuncture
    Acupuncture with infrared and electrical stimulation
    Additional acupuncture x 6
    Acupuncture initial consult
    12 sessions of acupuncture with infra lamp, medical supply/kinesio tape
    Acupuncture, lumbar spine, quantity: 6
    Initial trial of acupuncture
    Acupuncture eval and treat
    Acu 2x4
rehabilitation/other-therapy
    Massage therapy
    Deep tissue massage
    Myofascial release
    Extracorporeal shockwave therapy
    Shock wave therapy x 3
    ESWT
    Low level laser therapy
    Infrared therapy
    Electrical stimulation, 6 sessions
    Electrical stimulation times 6
    Therapeutic ultrasound
    Ultrasound therapy
    Traction therapy
    Speech therapy
    Cognitive rehabilitation
    Cupping
    Yoga
    LINT sessions
    Hyperbaric oxygen therapy
    Osteopathic manipulation
    Gym membership
    Pool membership, 6 months
    Lumbar decompression therapy
    Kinesio taping
    Vision therapy
    Iontophoresis
    ECSWT right shoulder 3 sessions
    Extracorporeal shock wave therapy (ESWT) to the left elbow
    Massage x 6 visits for the cervical
    Localized intense neurostimulation therapy 1x6
    Therapeutic massage 1x6
    Shockwave therapy to the right heel
    Lumbar traction sessions
    Outpatient speech therapy
    Mechanical traction
    Ortho-shockwave therapy
    Orthoshockwave to the right elbow
    EPAT x 3
surgery/spine
    L4-5 and L5-S1 fusion
    Anterior cervical discectomy and fusion C5-6
    ACDF C5-C7
    Lumbar laminectomy L4-5
    Microdiscectomy at L5-S1
    Lumbar decompression
    L5-S1 anterior lumbar interbody fusion
    Posterior spinal fusion with instrumentation
    Spinal cord stimulator trial
    Permanent implantation of a spinal cord stimulator
    Cervical disc replacement
    Kyphoplasty T12
    Lumbar spine surgery
    SI joint fusion
    Lumbar fusion with assistant surgeon and 3 day stay
    TLIF L4-L5
    Intrathecal pump
    Removal of hardware L4-S1 and exploration of fusion
    L4-L5 decompression with possible fusion
    Anterior lumbar discectomy L5-S1
    SCS trial leads x 2
    C5-6 anterior cervical fusion with plate
    Right L5-S1 hemilaminotomy and microdiscectomy
    Artificial disc replacement C5-6
    Percutaneous SCS trial
    Intrathecal morphine pump
    Morphine pump trial
surgery/arthroscopic
    Right knee arthroscopy
    Left shoulder arthroscopy with subacromial decompression
    Arthroscopic rotator cuff repair
    Rotator cuff repair, arthroscopic
    Right knee arthroscopic partial medial meniscectomy
    Knee meniscectomy
    Hip arthroscopy with labral repair
    Subacromial decompression
    Operative arthroscopy, left wrist
    Right shoulder arthroscopic surgery, SLAP repair, distal clavicle excision
    Arthroscopic debridement of the ankle
    Left knee scope with chondroplasty
    Diagnostic/operative arthroscopy of the shoulder
    Knee scope
surgery/other-surgery
    Total knee replacement
    Right total hip arthroplasty
    Carpal tunnel release
    Left endoscopic carpal tunnel release
    Trigger finger release
    Open reduction internal fixation of the left ankle
    Hardware removal
    Removal of deep hardware
    Ankle fusion
    Hernia repair
    Ulnar nerve transposition
    Cubital tunnel release
    ACL reconstruction
    De Quervain's release
    Excision of ganglion cyst
    Lateral epicondyle release
    Plantar fasciotomy
    Manipulation under anesthesia, left shoulder
    Bariatric surgery
    Septoplasty
    Phototherapeutic keratectomy                            # by its ending
    Surgery
    Right shoulder surgery
    Amputation of the right index finger
    Cataract surgery
    Right shoulder rotator cuff repair and biceps tenodesis
    Left middle trigger finger release
    Right wrist carpal tunnel release with flexor tenosynovectomy
    Open reduction and internal fixation left 5th metacarpal
    TKA left
    Right total knee arthroplasty revision
    Right elbow cubital tunnel release with ulnar nerve transposition
    Excision of neuroma, left foot
    Left thumb CMC arthroplasty
    Umbilical hernia repair
    Lapidus bunionectomy
    Removal of painful hardware right ankle
    Extensor tendon repair
    Weight loss surgery
    Gastroc recession
surgery/adjunct
    Assistant surgeon
    Associated surgical service: Assistant surgeon
    Assistant surgeon for L4-5 laminectomy                  # what it assists at is another issue
    Surgical assistant
    PA assist
    Assistant PA
    Physician assistant
    Co-surgeon
    Inpatient stay, 3 days
    2 day inpatient hospital stay
    Associated surgical service: 1 day length of stay
    Overnight stay
    Anesthesia
    Monitored anesthesia care
    Intraoperative neuromonitoring
    Outpatient surgery center
    Facility fee
    Associated surgical service: Outpatient facility
    Vascular co-surgeon
    IV sedation
    Associated surgical service: Surgical assistant, PA-C
    3 day inpatient LOS
    Post-op: 2-3 day hospital stay
    Anesthesiologist
    Neurophysiologic monitoring
    Associated surgical services: RN first assistant
    Inpatient stay
    Facility: outpatient surgery center
    Length of stay: 2 days
    Assistant surgeon, MD
transportation
    Transportation
    Transportation to and from physical therapy
    Transportation to all medical appointments
    Mileage
    Non-emergency medical transportation
    Ambulance
    Taxi to surgery
    Transportation to and from doctor's visits
    Round-trip transportation to surgery center
    Transportation service to all visits
    Medical mileage
other
    Interpreter
    Interpreter for medical visits
    Copies of medical records
"""


def table() -> list[tuple[str, str]]:
    """(request, id): lines of four blanks are requests under the id above; what follows # is for the reader."""
    rows, wanted = list[tuple[str, str]](), ""
    for line in REQUESTS.strip().splitlines():
        if not line.startswith(" "):
            wanted = line
        else:
            rows.append((line.split("   #")[0].strip(), wanted))
    return rows


@pytest.mark.parametrize(("request_text", "wanted"), table())
def test_a_typical_request_has_its_category_and_subcategory(request_text: str, wanted: str) -> None:
    category, subcategory, evidence = treatments.classify(request_text, VOCABULARY)
    assert "/".join(filter(None, (category, subcategory))) == wanted, evidence


def test_what_names_no_known_treatment_has_no_category() -> None:
    assert treatments.classify("Glorfindel 3 x 4", VOCABULARY) == (None, None, None)
    assert treatments.classify("", VOCABULARY) == (None, None, None)


def test_a_category_alone_is_said_where_no_subcategory_is() -> None:
    assert treatments.classify("Medications", VOCABULARY)[:2] == ("pharmaceuticals", None)


def test_the_evidence_names_the_rule_and_the_words() -> None:
    _, _, evidence = treatments.classify("Repeat MRI of the neck", VOCABULARY)
    assert evidence is not None
    assert (evidence.value, evidence.rule, evidence.words) == ("diagnostic-testing/imaging", "mri", "mri")


@given(
    st.lists(st.sampled_from([text for text, _ in table()]), min_size=1, max_size=4), st.sampled_from([" ", ", ", " and ", "\n"])
)
def test_case_and_white_space_do_not_matter(parts: list[str], glue: str) -> None:
    text = glue.join(parts)
    shouted = treatments.classify("  ".join(text.upper().split()), VOCABULARY)
    assert shouted == treatments.classify(text, VOCABULARY)


def test_every_category_of_the_published_vocabulary_exists() -> None:
    categories = {value.id for value in VOCABULARY.facet.value if value.parent is None}
    assert categories == {
        *("diagnostic-testing", "dmepos", "evaluation-management", "home-health", "injection", "pharmaceuticals", "programs"),
        *("behavioral-mental-health", "rehabilitation", "surgery", "transportation", "other"),
    }
    assert all(value.id == f"{value.parent}/{value.id.partition('/')[2]}" for value in VOCABULARY.facet.value if value.parent)
