package browsertest

import (
	"context"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Prefer shows the page as to a person who prefers a color scheme, "light" or
// "dark".
func (p *Tab) Prefer(scheme string) {
	p.t.Helper()
	media := emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}
	p.Do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, media)
		return chromedp.Void{}, err
	})
}

// Clipboard returns the text that was copied last, which pages may not read
// unless they are allowed to.
func (p *Tab) Clipboard() string {
	p.t.Helper()
	p.Do(func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		info, err := cdp.Call(ctx, tab, target.GetTargetInfo, target.GetTargetInfoParams{})
		if err != nil {
			return chromedp.Void{}, err
		}
		_, err = cdp.Call(ctx, tab, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: "clipboard-read"}, Setting: "granted",
			BrowserContextID: info.TargetInfo.BrowserContextID,
		})
		return chromedp.Void{}, err
	})
	return Eval[string](p, "navigator.clipboard.readText()")
}

// Back goes to the page before, without waiting for it.
func (p *Tab) Back() {
	p.t.Helper()
	Eval[bool](p, "(setTimeout(() => history.back()), true)")
}

// Freeze stops the page, as browsers do to tabs that nobody has looked at for
// a while.
func (p *Tab) Freeze() {
	p.t.Helper()
	p.lifecycle(page.SetWebLifecycleStateStateFrozen)
}

// Thaw lets a frozen page go on, in front of a person. Chromium sometimes
// leaves a thawed page hidden until somebody clicks it.
func (p *Tab) Thaw() {
	p.t.Helper()
	p.lifecycle(page.SetWebLifecycleStateStateActive)
	p.Do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	}))
}

func (p *Tab) lifecycle(state page.SetWebLifecycleStateState) {
	p.t.Helper()
	p.Do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: state})
		return err
	}))
}
