# docker build -t ringfence . && docker run --rm -p 4317:4317 -p 4318:4318 -p 4320:4320 -v ringfence:/data ringfence
FROM node:24-slim AS build
WORKDIR /src
COPY . .
RUN npm ci --no-audit --no-fund && mkdir /out && npm pack --silent --pack-destination /out

FROM node:24-slim
COPY --from=build /out/ /tmp/package/
RUN npm install --global --no-audit --no-fund /tmp/package/*.tgz && rm -r /tmp/package && mkdir /data && chown node /data
USER node
WORKDIR /data
VOLUME /data
EXPOSE 4317 4318 4320 9411
ENTRYPOINT ["ringfence"]
# Inside a container all addresses are those of the container: whoever publishes its ports decides who may reach them.
CMD ["serve", "--listen", "0.0.0.0", "--data", "/data"]
