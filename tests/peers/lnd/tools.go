//go:build tools

// Package lnd names the node that the interop stories are told with, so that go.sum holds a checksum of all of it.
package lnd

import _ "github.com/lightningnetwork/lnd/cmd/lnd"
