package process

// notifySocket has no counterpart on Windows.
type notifySocket struct {
	path  string
	ready chan struct{}
}

func notifyDirs() []string { return nil }

func newNotifySocket(*Guardian, []string) (*notifySocket, error) { return &notifySocket{}, nil }

func (n *notifySocket) close() {}
