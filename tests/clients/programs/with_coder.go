// The module github.com/coder/websocket; a second argument asks for compression, which it leaves out by default.
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
	address := strings.Replace(os.Args[1], "http", "ws", 1) + "/v1/live?edition=en"
	var options *websocket.DialOptions
	if len(os.Args) > 2 {
		options = &websocket.DialOptions{CompressionMode: websocket.CompressionContextTakeover}
	}
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
