package reload

import "testing"

func TestStamp(t *testing.T) {
	t.Parallel()
	const stamp = "\n;(globalThis.__devtool??={})[\"/a.js\"]=\"h\";\n"
	for script, want := range map[string]string{
		"":                                      stamp,
		"f();":                                  "f();" + stamp,
		"f();\n//# sourceMappingURL=a.js.map\n": "f();" + stamp + "//# sourceMappingURL=a.js.map\n",
		"f() // a comment":                      "f() // a comment" + stamp,
	} {
		if got := string(Stamp([]byte(script), "/a.js", "h")); got != want {
			t.Errorf("Stamp(%q) = %q, want %q", script, got, want)
		}
	}
	if got, want := string(Stamp(nil, `/</script>"`, "h")), "\n;(globalThis.__devtool??={})[\"/\\u003c/script\\u003e\\\"\"]=\"h\";\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
