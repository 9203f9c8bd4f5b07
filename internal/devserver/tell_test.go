package devserver

import "testing"

func TestPlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain\n\ttext ü":              "plain\n\ttext ü",
		"\x1b[1;31mred\x1b[0m":         "red",
		"\x1b]0;title\x07after":        "after",
		"\x1b]8;;http://x\x1b\\link":   "link",
		"50 %\r100 %\x1b[K\x1b[2Jdone": "50 %100 %done",
		"\x1b[":                        "[",
		"bell\x07 \x00":                "bell ",
	} {
		if got := plain(text); got != want {
			t.Errorf("plain(%q) = %q, want %q", text, got, want)
		}
	}
}
