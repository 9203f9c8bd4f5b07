package sourcemap

import (
	"regexp"
	"strconv"
	"strings"
)

// Call is one line of a browser's stack.
type Call struct {
	Function string // empty for code outside of all functions
	URL      string // of the script, with its query
	Position
}

// mostCalls is how many lines of a stack are read; browsers write 10 to 50.
const mostCalls = 50

var (
	chromium = regexp.MustCompile(`^\s*at (?:(.+?) )?\(?(https?://[^\s()]+):(\d{1,9}):(\d{1,9})\)?$`)
	others   = regexp.MustCompile(`^\s*(?:(.*?)@)?(https?://[^\s()]+):(\d{1,9}):(\d{1,9})$`) // Firefox, Safari
)

// ParseStack returns the calls of a stack that are in scripts with an address,
// innermost first. It skips everything else, such as the message.
func ParseStack(stack string) []Call {
	var calls []Call
	for line := range strings.Lines(stack) {
		line = strings.TrimRight(line, "\r\n")
		found := chromium.FindStringSubmatch(line)
		if found == nil {
			found = others.FindStringSubmatch(line)
		}
		if found == nil {
			continue
		}
		row, _ := strconv.Atoi(found[3]) // at most nine digits
		column, _ := strconv.Atoi(found[4])
		calls = append(calls, Call{
			Function: strings.TrimPrefix(found[1], "async "),
			URL:      found[2],
			Position: Position{Line: row, Column: column},
		})
		if len(calls) == mostCalls {
			break
		}
	}
	return calls
}
