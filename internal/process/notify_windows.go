package process

// notifySocket has no counterpart on Windows.
type notifySocket struct {
	path  string
	ready chan struct{}
}

func newNotifySocket(*Guardian) (*notifySocket, error) { return &notifySocket{}, nil }

func (n *notifySocket) close() {}
