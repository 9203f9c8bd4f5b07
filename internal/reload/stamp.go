package reload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Stamp returns script with a statement added that tells the client which copy
// has run, so that an old one out of some cache is noticed. It belongs into
// what is served, not into what is hashed. URL and hash are those of
// [Update.JSHashes]. Positions of the script do not move: its source map holds.
func Stamp(script []byte, url, hash string) []byte {
	// encoding/json escapes what could end a script element.
	key, _ := json.Marshal(url) // strings always marshal
	value, _ := json.Marshal(hash)
	stamp := fmt.Appendf(nil, "\n;(globalThis.__devtool??={})[%s]=%s;\n", key, value)
	// Browsers look for the map's comment behind the last statement only.
	at := bytes.LastIndex(script, []byte("\n//# sourceMappingURL="))
	if at < 0 {
		at = len(script)
	}
	return slices.Concat(script[:at], stamp, bytes.TrimPrefix(script[at:], []byte("\n")))
}
