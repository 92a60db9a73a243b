# Token ids of prompts, which come as JSON strings, one per line: tokens.py TOKENIZER_FILE
import json
import sys

import tokenizers

tokenizer = tokenizers.Tokenizer.from_file(sys.argv[1])
for line in sys.stdin:
    print(json.dumps(tokenizer.encode(json.loads(line)).ids))
