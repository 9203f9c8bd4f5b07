package browsertest

import (
	"encoding/json"
	"fmt"
)

// Expressions about devtool's overlay. They see only what is visible.
const (
	// OverlayRoot is the shadow root of the overlay, if there is one.
	OverlayRoot = `document.querySelector("devtool-overlay")?.shadowRoot`
	// OverlayText is all that the overlay says.
	OverlayText = `[...(` + OverlayRoot + `?.querySelectorAll(".panel,.toast,.dot") ?? [])].filter(e => e.checkVisibility()).map(e => e.innerText).join("\n")`
	// PanelShown is whether the panel with problems is open.
	PanelShown = OverlayRoot + `?.querySelector(".panel")?.checkVisibility() === true`
	// DotShown is whether the dot with the number of problems is visible.
	DotShown = OverlayRoot + `?.querySelector(".dot")?.checkVisibility() === true`
	// ProgressShown is whether the line is visible that shows a build.
	ProgressShown = OverlayRoot + `?.querySelector(".progress")?.checkVisibility() === true`
)

// Says is an expression: whether the overlay says text.
func Says(text string) string {
	quoted, _ := json.Marshal(text) // a string always marshals
	return fmt.Sprintf("(%s).includes(%s)", OverlayText, quoted)
}

// Press clicks the element of the overlay that selector names.
func (p *Tab) Press(selector string) {
	p.t.Helper()
	Eval[bool](p, fmt.Sprintf("(%s.querySelector(%q).click(), true)", OverlayRoot, selector))
}
