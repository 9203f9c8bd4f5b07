package process

import "context"

// FollowSuspend returns when ctx ends: there is no Ctrl-Z to follow here.
func (g *Guardian) FollowSuspend(ctx context.Context) { <-ctx.Done() }
