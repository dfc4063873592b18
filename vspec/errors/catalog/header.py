"""V05: text headers."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0501",
        "card",
        "Unknown text encoding",
        "The encodings are those of ordinary text: utf-8, ascii, latin-1, the Windows and DOS code pages, "
        "utf-16, utf-32 and the East Asian ones.",
        "encoding: utf-8-bom",
        "encoding: utf-8        # a byte order mark is accepted",
    ),
    Code(
        "V0502",
        "data",
        "The bytes are not text of this encoding",
        "The message names the first byte that does not fit. First ask whether the text is too long: where "
        "it runs into binary data no encoding is right. If it is not, the message names encodings in which "
        "the whole text can be read. Old programs mostly write cp1252 or latin-1; the micro sign in units is "
        "the usual finding.",
        "text: {format: pairs}                       # holds b5 56: not utf-8",
        "text: {format: pairs, encoding: cp1252}     # µV",
    ),
    Code(
        "V0503",
        "data",
        "A key is not there",
        "The text has no such key, column or element, or no key of this pattern. Keys are matched exactly "
        "as they are written in the file, unless the card says 'keys: any_case'; sections in any case. A "
        "key that only some files have needs a default.",
        "fields: {imSampleRate: float}",
        "fields: {imSampRate: float}",
    ),
    Code(
        "V0504",
        "data",
        "A key stands twice",
        "The same key has two different values, and taking either would be a guess. If they stand in "
        "different sections, 'section:' says which is meant; of several xml elements, 'each:' makes a table.",
        "fields: {Gain: float}",
        "fields: {Gain: {type: float, section: Amplifier}}",
    ),
    Code(
        "V0505",
        "data",
        "A value has the wrong type",
        "The value cannot be read as the card says. Whole numbers are digits with an optional sign; "
        "numbers may have a decimal point and an exponent; lists are separated by blanks or commas.",
        "fields: {gain: int}        # the file says 0.195",
        "fields: {gain: float}",
    ),
    Code(
        "V0506",
        "data",
        "No line matches a pattern",
        "A pattern of 'line:' or 'each:' must match at least once, unless the field has a default: a table "
        "that may have no line has 'default: []'. Blanks "
        "in a pattern match any run of blanks and tabs, all else must agree, from the first character to "
        "the last.",
        'line: "rate {rate:float}"          # the file says: rate 30000 Hz',
        'line: "rate {rate:float} {unit}"',
    ),
    Code(
        "V0507",
        "data",
        "A value does not fit its pattern",
        "The key is there, but its value is not written as 'each:' says. Parts that may be empty are "
        "{x:text?}, parts that may be absent stand in brackets.",
        'each: "{name},{unit}"              # the file says: Ch1=Cz,,0.5,uV',
        'each: "{name},{reference:text?},{resolution:float},{unit}"',
    ),
    Code(
        "V0508",
        "data",
        "A section is not there",
        "The text has no '[section]' of this name, or the lines of 'between:' are not both in it.",
        "section: Channels",
        "section: Channel Infos",
    ),
    Code(
        "V0509",
        "data",
        "A number is too large",
        "Whole numbers have 64 bits with a sign, other numbers 64 bits of IEEE 754. A serial number or a "
        "digest that is longer is text.",
        "fields: {serial: int}              # 123456789012345678901",
        "fields: {serial: str}",
    ),
    Code(
        "V0510",
        "data",
        "This is not JSON",
        "The file does not follow the JSON standard at the place shown: it may be cut short, or hold "
        "comments or a comma too many.",
        '{"rate": 30000,}',
        '{"rate": 30000}',
    ),
    Code(
        "V0511",
        "data",
        "A JSON path leads to something else",
        "A path goes through objects by name and through lists by [number]; a name after a list takes "
        "that member of every item. Here it meets a value that has no members, or an index past the end.",
        "key: continuous.sample_rate.value",
        "key: continuous[0].sample_rate",
    ),
    Code(
        "V0512",
        "data",
        "An object has a member twice",
        "JSON leaves open which of two members of one name counts, so two different values are refused.",
        '{"rate": 30000, "rate": 25000}',
        '{"rate": 30000}',
    ),
    Code(
        "V0513",
        "data",
        "NaN or infinity in JSON",
        "JSON has no such numbers; some programs write them nevertheless. vspec reads such a file but "
        "refuses the value where a card uses it.",
        '{"gain": NaN}',
        '{"gain": 1.0}',
    ),
    Code(
        "V0520",
        "data",
        "A line of this number is not there",
        "'at_line:' counts every line from 1, empty ones and comments included, from the start of the text "
        "or of the section. The text is shorter than that.",
        "channels: {at_line: 12, type: int}      # the file has 9 lines",
        "channels: {at_line: 8, type: int}",
    ),
    Code(
        "V0521",
        "data",
        "A text that is not delimited",
        "The first character is the delimiter; behind it keys and values alternate, each ended by it, and "
        "one inside a key or a value is doubled. The text may begin elsewhere, or be cut short.",
        "|$TOT|200|$PAR",
        "|$TOT|200|$PAR|4|",
    ),
    Code(
        "V0522",
        "data",
        "This is not XML",
        "The text does not follow the XML standard at the place shown: it may be cut short, or hold an & or "
        "< that should be written &amp; or &lt;.",
        "<unit>V & A</unit>",
        "<unit>V &amp; A</unit>",
    ),
    Code(
        "V0523",
        "data",
        "XML with a document type",
        "A document type can define entities that grow without bound or name other files, so a text that "
        "has one is refused before it is read. Remove the line that begins with <!DOCTYPE; the five "
        "entities of XML itself (&amp; &lt; &gt; &quot; &apos;) need none.",
        '<!DOCTYPE plist SYSTEM "plist.dtd">\n<plist/>',
        "<plist/>",
    ),
    Code(
        "V0525",
        "data",
        "A row with other cells than its table",
        "Every row of a table has as many cells as it has headings, or as its first row has; only empty "
        "ones at its end may be missing or too many. A separator inside a text needs quotes around it.",
        "onset,label\n1.5,left, slow",
        'onset,label\n1.5,"left, slow"',
    ),
    Code(
        "V0526",
        "data",
        "A quote is not closed",
        "A quoted text ends at its closing quote; one inside the text is doubled.",
        "OBSERVER= 'O'Hara'",
        "OBSERVER= 'O''Hara'",
    ),
    Code(
        "V0527",
        "data",
        "Cards without their last one",
        "A header of cards ends with a card that is END and blanks. Without it nothing tells where the "
        "header stops: the file may be cut short, or its header may begin elsewhere.",
        "NAXIS1  =                  512",
        "NAXIS1  =                  512\nEND",
    ),
    Code(
        "V0528",
        "data",
        "Lines that are no rows of a table",
        "A table with a section of its own takes the lines that match its pattern. Those of the section that "
        "do not match are left out; how many, and which is the first, is told as a warning.",
        "v 1\nv b\nv 3               # each: v {n:int}",
        "v 1\nv 2\nv 3",
    ),
)
