// The module github.com/coder/websocket. It offers no compression unless an argument before the address names a mode.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/coder/websocket"
)

func main() {
	address := strings.Replace(os.Args[len(os.Args)-1], "http", "ws", 1) + "/v1/live?edition=en"
	modes := map[string]websocket.CompressionMode{
		"takeover":    websocket.CompressionContextTakeover,
		"no-takeover": websocket.CompressionNoContextTakeover,
	}
	// Without an argument this is the address, for which there is no mode: compression stays disabled.
	options := &websocket.DialOptions{CompressionMode: modes[os.Args[1]]}
	cursor := ""
	for {
		connection, _, err := websocket.Dial(context.Background(), address+cursor, options)
		if err == nil {
			connection.SetReadLimit(-1)
		}
		for err == nil {
			var text []byte
			var message struct{ Cursor string }
			if _, text, err = connection.Read(context.Background()); err == nil {
				fmt.Println(string(text))
				if json.Unmarshal(text, &message) == nil && message.Cursor != "" {
					cursor = "&cursor=" + url.QueryEscape(message.Cursor)
				}
			}
		}
		time.Sleep(200 * time.Millisecond)
		fmt.Println("reopen")
	}
}
