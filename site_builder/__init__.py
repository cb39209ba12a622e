"""A static search website from California workers' compensation Independent Medical Review letters.

    letters/*.pdf *.txt *.md --read--> Source --parse--> Letter + Problems --tag--> Letter with facets
                                                                                      |
                   +------------------------------------------------------------------+
             plan pages --> Page --render--> File                      catalogue, exports --> File
                   +---------------> staging folder --> npx pagefind --> verify --> swap into public/

Imports point down: cli > build > shell (sources, search, publish, serve, watch) > pages, catalogue, exports, render > facets >
parse, citations, treatments, body_parts > rules, text > model. Reading, writing, the clock and processes live in the shell.
"""
