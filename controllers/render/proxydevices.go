package render

import (
	"strconv"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Names of the proxy devices that publish an instance on ports of its Incus host.
const (
	deviceBotPort   = "bot-port"
	deviceEdgeHTTP  = "http-port"
	deviceEdgeHTTPS = "https-port"
	deviceEdgeHTTP3 = "http3-port"

	loopback   = "127.0.0.1"
	anyAddress = "0.0.0.0"
)

// BotProxyDevices are the proxy devices of bot 1, 2, …: `hostPortBase+i` of the host is the bot's port. A device that
// the operator owns and that is not to be is nil.
func BotProxyDevices(bot v1alpha1.BotSpec, ordinal int) map[string]model.Device {
	devices := map[string]model.Device{deviceBotPort: nil}
	if bot.HostPortBase != nil {
		devices[deviceBotPort] = proxyDevice("tcp", anyAddress, int(*bot.HostPortBase)+ordinal, int(valueOr(bot.Port, defaultPort)))
	}
	return devices
}

// EdgeProxyDevices are the proxy devices of edge 1, 2, …, which is published on base+i-1. A device that the operator owns
// and that is not to be is nil.
func EdgeProxyDevices(edge v1alpha1.EdgeSpec, ordinal int) map[string]model.Device {
	devices := map[string]model.Device{deviceEdgeHTTP: nil, deviceEdgeHTTPS: nil, deviceEdgeHTTP3: nil}
	if edge.HostPorts == nil {
		return devices
	}
	address := valueOr(edge.HostPorts.Address, anyAddress)
	if base := edge.HostPorts.HTTPBase; base != nil {
		devices[deviceEdgeHTTP] = edgeProxyDevice(address, int(*base)+ordinal-1, EdgeHTTPPort)
	}
	if base := edge.HostPorts.HTTPSBase; base != nil && usesTLS(edge) {
		devices[deviceEdgeHTTPS] = edgeProxyDevice(address, int(*base)+ordinal-1, EdgeHTTPSPort)
		if edge.HTTP3 {
			// Incus sends no client's address ahead of UDP (proxy_protocol is for TCP).
			devices[deviceEdgeHTTP3] = proxyDevice("udp", address, int(*base)+ordinal-1, EdgeHTTPSPort)
		}
	}
	return devices
}

// edgeProxyDevice sends the client's address ahead of each connection; the edge's servers read it (clientAddresses).
func edgeProxyDevice(address string, hostPort, port int) model.Device {
	device := proxyDevice("tcp", address, hostPort, port)
	device["proxy_protocol"] = "true"
	return device
}

func proxyDevice(protocol, address string, hostPort, port int) model.Device {
	return model.Device{
		"type":    "proxy",
		"listen":  endpoint(protocol, address, hostPort),
		"connect": endpoint(protocol, loopback, port),
	}
}

// endpoint is an address in Incus's words.
func endpoint(protocol, address string, port int) string {
	return protocol + ":" + bracketed(address) + ":" + strconv.Itoa(port)
}
